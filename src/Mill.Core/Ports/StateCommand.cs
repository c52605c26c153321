using Mill.Core.Model;

namespace Mill.Core.Ports;

/// <summary>A write, decided when its turn comes.</summary>
/// <typeparam name="T">What the caller is answered.</typeparam>
public abstract class StateCommand<T>
{
    /// <summary>Where and how to remember the answer; null to remember nothing.</summary>
    public Idempotency? Idempotency { get; init; }

    /// <summary>About how many bytes it adds to a commit: what waits, and what is committed together, is bounded by it.</summary>
    public virtual int Size => 0;

    /// <summary>
    /// Decides against a state that already holds every command before this one. Runs in the commit pipeline, so it must be quick and must not block;
    /// it may be run again if a commit did not happen.
    /// </summary>
    public abstract Decision<T> Decide(ClusterState state, Timestamp now);

    /// <summary>The answer as text, to be remembered. Only called where there is an <see cref="Idempotency"/>.</summary>
    public virtual string WriteAnswer(T answer, IdempotencyKey key) => throw new NotSupportedException();

    /// <summary>The inverse of <see cref="WriteAnswer"/>.</summary>
    public virtual T ReadAnswer(string text, IdempotencyKey key) => throw new NotSupportedException();
}

/// <summary>What a command comes to: an answer, and the changes that make it true.</summary>
public sealed record Decision<T>(T Answer, IReadOnlyList<StateChange> Changes)
{
    /// <summary>See <see cref="StoreTransaction.Scrub"/>.</summary>
    public bool Scrub { get; init; }

    /// <summary>This is only the first part, because the whole does not fit into one commit. The same command, submitted again, goes on; only the last part's answer is remembered.</summary>
    public bool IsPartial { get; init; }
}

/// <summary>The key a caller sent with a write, and a keyed digest of the request it came with.</summary>
public sealed record Idempotency(IdempotencyKey Key, byte[] Fingerprint)
{
    /// <summary>How long a key is remembered.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);
}
