using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;

namespace Mill.Vault.Versions;

/// <summary>Removes what time has run out for: versions past their retention, idempotency keys past their window, tokens past their expiry.</summary>
internal sealed partial class Housekeeping(IReplicatedState state, ILeadership? leadership, KeyRing.KeyRing ring, TimeProvider time, ILogger<Housekeeping> logger)
{
    private const int MaxChanges = 500;

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
            var due = FindDue(seen, Timestamp.From(time.GetUtcNow())).Take(MaxChanges).ToList();
            if (due.Count == 0) return;
            var removed = await state.CommitAsync(new SweepCommand(ring, due), cancellationToken).ConfigureAwait(false);
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
                    where RetentionRules.Prune(retention.Tenant, history, retention, now).Count > 0
                    select new DueHistory(new(retention.Tenant, history.Name)));

    private static bool IsDue(IdempotencyRecord? record, Timestamp now) => record?.AppliedAt + Idempotency.Window <= now;

    private static bool IsDue(TokenRecord? record, Timestamp now) => record?.ExpiresAt + KeepExpiredTokens <= now;

    private static bool IsDue(JoinTokenRecord? record, Timestamp now) => record?.ExpiresAt + KeepExpiredTokens <= now;

    [LoggerMessage(2010, LogLevel.Warning, "Housekeeping was put off: {Reason}")]
    private partial void LogSkipped(string reason);

    /// <summary>Something whose time has run out.</summary>
    private interface IDue
    {
        IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now);
    }

    private sealed record DueAnswer(IdempotencyKey Key) : IDue
    {
        // The key may have been used anew since it was found: then it is as fresh as any.
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now) => IsDue(state.Idempotency.GetValueOrDefault(Key), now) ? [new(Key, null)] : [];
    }

    private sealed record DueToken(string Id) : IDue
    {
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now) => IsDue(state.Tokens.GetValueOrDefault(Id), now) ? [new(new TokenKey(Id), null)] : [];
    }

    private sealed record DueJoinToken(string Id) : IDue
    {
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now) =>
            IsDue(state.JoinTokens.GetValueOrDefault(Id), now) ? [new(new JoinTokenKey(Id), null)] : [];
    }

    private sealed record DueHistory(SecretId Id) : IDue
    {
        public IReadOnlyList<StateChange> Removal(ClusterState state, Timestamp now) =>
            state.Find(Id) is { } history ? RetentionRules.Prune(Id.Tenant, history, state.Retentions.GetValueOrDefault(Id.Tenant), now) : [];
    }

    private sealed class SweepCommand(KeyRing.KeyRing ring, IReadOnlyList<IDue> due) : StateCommand<int>
    {
        public override Decision<int> Decide(ClusterState state, Timestamp now)
        {
            ring.Demand(state);
            List<StateChange> changes = [.. due.SelectMany(item => item.Removal(state, now))];
            // Removed versions go for good, keys and all.
            return new(changes.Count, changes) { Scrub = due.Any(item => item is DueHistory) };
        }
    }
}
