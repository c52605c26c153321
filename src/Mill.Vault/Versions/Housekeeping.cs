using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;

namespace Mill.Vault.Versions;

/// <summary>Removes what time has run out for: versions past their retention, idempotency keys past their window, tokens past their expiry.</summary>
internal sealed partial class Housekeeping(IReplicatedState state, StoreLimits limits, ILeadership? leadership, KeyRing.KeyRing ring, TimeProvider time, ILogger<Housekeeping> logger)
{
    /// <summary>In one commit. No more than fit, and few enough that no write waits for long.</summary>
    private readonly int _maxChanges = Math.Min(500, CommitPortion.Room(limits));

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepExpiredTokens = TimeSpan.FromDays(7);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (leadership is { IsLeader: false }) continue;
            try
            {
                await SweepAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e)
            {
                LogSkipped(e.Message);
            }
        }
    }

    /// <summary>Removes everything that is due now, in commits of bounded size.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (!ring.Status(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).IsSealed)
        {
            // Looked for outside the pipeline, where it may take its time; decided again inside, for the few that are due.
            var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
            var due = FindDue(seen, Timestamp.From(time.GetUtcNow())).Take(_maxChanges).ToList();
            if (due.Count == 0) return;
            var removed = await state.CommitAsync(new SweepCommand(ring, due, _maxChanges), cancellationToken).ConfigureAwait(false);
            if (due.Any(item => item is DueHistory)) ring.Opened.Clear();
            if (removed.Answer == 0) return;
        }
    }

    /// <summary>Found one by one, because only the first few are taken.</summary>
    private static IEnumerable<IDue> FindDue(ClusterState state, Timestamp now) =>
        state.Idempotency.Where(pair => IsDue(pair.Value, now)).Select(pair => (IDue)new DueAnswer(pair.Key))
            .Concat(state.Tokens.Values.Where(token => IsDue(token, now)).Select(token => new DueToken(token.Id)))
            .Concat(state.JoinTokens.Values.Where(token => IsDue(token, now)).Select(token => new DueJoinToken(token.Id)))
            .Concat(from retention in state.Retentions.Values
                    from history in state.Secrets(retention.Tenant).Histories
                    where RetentionRules.Prune(retention.Tenant, history, retention, now, most: 1).Count > 0
                    select new DueHistory(new(retention.Tenant, history.Name)));

    private static bool IsDue(IdempotencyRecord? record, Timestamp now) => record?.AppliedAt + Idempotency.Window <= now;

    private static bool IsDue(TokenRecord? record, Timestamp now) => record?.ExpiresAt + KeepExpiredTokens <= now;

    private static bool IsDue(JoinTokenRecord? record, Timestamp now) => record?.ExpiresAt + KeepExpiredTokens <= now;

    [LoggerMessage(2010, LogLevel.Warning, "Housekeeping was put off: {Reason}")]
    private partial void LogSkipped(string reason);

    /// <summary>Something whose time has run out.</summary>
    private interface IDue
    {
        /// <param name="most">At least two. What is more than that is still due afterwards.</param>
        IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now, int most);
    }

    private sealed record DueAnswer(IdempotencyKey Key) : IDue
    {
        // The key may have been used anew since it was found: then it is as fresh as any.
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now, int most) => IsDue(state.Idempotency.GetValueOrDefault(Key), now) ? [new(Key, null)] : [];
    }

    private sealed record DueToken(string Id) : IDue
    {
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now, int most) => IsDue(state.Tokens.GetValueOrDefault(Id), now) ? [new(new TokenKey(Id), null)] : [];
    }

    private sealed record DueJoinToken(string Id) : IDue
    {
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now, int most) =>
            IsDue(state.JoinTokens.GetValueOrDefault(Id), now) ? [new(new JoinTokenKey(Id), null)] : [];
    }

    private sealed record DueHistory(SecretId Id) : IDue
    {
        private const int TheAnchor = 1; // what is put in place of all versions that go

        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now, int most) =>
            state.Find(Id) is { } history ? RetentionRules.Prune(Id.Tenant, history, state.Retentions.GetValueOrDefault(Id.Tenant), now, most - TheAnchor) : [];
    }

    private sealed class SweepCommand(KeyRing.KeyRing ring, IReadOnlyList<IDue> due, int maxChanges) : StateCommand<int>
    {
        public override Decision<int> Decide(ClusterState state, Timestamp now)
        {
            ring.Demand(state);
            var changes = new List<StateChange>();
            foreach (var item in due.TakeWhile(_ => maxChanges - changes.Count >= 2)) changes.AddRange(item.Removal(state, now, maxChanges - changes.Count));
            // Removed versions go for good, keys and all.
            return new(changes.Count, changes) { Scrub = due.Any(item => item is DueHistory) };
        }
    }
}
