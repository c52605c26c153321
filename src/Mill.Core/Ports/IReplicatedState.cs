using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>The replicated state as everything above it sees it: consistent cuts to read, commands to commit, advances to follow.</summary>
public interface IReplicatedState
{
    /// <summary>
    /// A state as fresh as is asked. Throws <see cref="MillError.NotReady"/> before the state is loaded, <see cref="MillError.NoQuorum"/> where the
    /// freshness cannot be promised.
    /// </summary>
    ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken);

    /// <summary>
    /// Sees to it that what is here is fresh enough for every read of one request, so that a request with several reads asks around once. False where
    /// there is nothing to ask beforehand: then every read sees to it by itself. Throws as <see cref="ReadAsync"/>.
    /// </summary>
    ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken);

    /// <summary>
    /// A state in which everything up to a moment is settled: no later commit carries a time at or before it, so the same question gets the same
    /// answer for ever. Throws <see cref="MillError.InvalidRequest"/> for a moment that has not come yet.
    /// </summary>
    ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken);

    /// <summary>
    /// Decides a command in its turn and commits what it decided. Returns once that is durable. What the command throws comes through and changes
    /// nothing; <see cref="MillError.OutcomeUnknown"/> where the commit may or may not have happened.
    /// </summary>
    Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken);

    /// <summary>
    /// Every advance of the state after a revision, in order and without gaps; goes on until cancelled. An advance with
    /// <see cref="StateAdvance.IsReset"/> says that what lies between is no longer known.
    /// </summary>
    IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken);
}

/// <summary>Reading where nobody asked for less.</summary>
public static class ReplicatedReads
{
    /// <summary>A state that holds every commit that was acknowledged before the call.</summary>
    public static ValueTask<ClusterState> ReadAsync(this IReplicatedState state, CancellationToken cancellationToken) =>
        state.ReadAsync(default(StateRead), cancellationToken);
}

/// <summary>An answer, the revision it is true of, and whether it was given before under the same idempotency key.</summary>
public readonly record struct Committed<T>(T Answer, long Revision, bool Replayed = false)
{
    /// <summary>See <see cref="Decision{T}.IsPartial"/>.</summary>
    public bool IsPartial { get; init; }
}

/// <summary>An answer and the revision it was read at.</summary>
public readonly record struct Observed<T>(T Answer, long Revision);

/// <summary>One step of the state: from which revision to which, and the secrets whose current version changed. Small, because many are kept.</summary>
public sealed record StateAdvance(long Before, long After, IReadOnlyList<SecretChange> Changes)
{
    /// <summary>The state was replaced: whoever keeps a view of it must build it anew.</summary>
    public bool IsReset { get; init; }

    /// <summary>The step between two states, of which only these secrets may differ.</summary>
    public static StateAdvance Between(ClusterState before, ClusterState after, IEnumerable<SecretId> touched) => new(before.Revision, after.Revision,
    [
        .. touched
            .Select(id => new SecretChange(id, before.Find(id)?.Current?.Version, after.Find(id)?.Current?.Version))
            .Where(change => change.Before != change.After),
    ]);

    public static StateAdvance Reset(long before, long after) => new(before, after, []) { IsReset = true };
}

/// <summary>The version of a secret that was current, and the one that is; null where the secret did not exist, or does not any more.</summary>
public readonly record struct SecretChange(SecretId Id, int? Before, int? After);
