using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Commits;
using Mill.State.Leadership;

namespace Mill.State.Replica;

/// <summary>
/// The state of a node that shares its store with others. All nodes follow the store; one of them leads, and every write goes through it. Reads are
/// linearizable on every node: the leader's because nothing is written past it while its lease is valid, the others' because they ask it first.
/// </summary>
public sealed class SharedState : IReplicatedState, ILeadership
{
    /// <summary>A read that no one can vouch for is refused after this time: the promise is five seconds for the whole request.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(3.5);

    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(1);

    private readonly IStateStore _store;
    private readonly ILeaderLink _link;
    private readonly AdvanceLog _log;
    private readonly StoreFollower _follower;
    private readonly Election _election;
    private readonly SharedBarrier _leaderBarrier;
    private readonly SharedBarrier _quorumBarrier;
    private readonly NodeId _node;
    private readonly TimeProvider _time;

    /// <summary>Knows nothing yet: the store is read once it is followed, and until then everything is answered with <see cref="MillError.NotReady"/>.</summary>
    /// <param name="leases">Of the same store.</param>
    public SharedState(IStateStore store, ILeases leases, ILeaderLink link, Candidate candidate, LeaseClocks clocks, ILoggerFactory loggers)
    {
        (_store, _link, _node, _time) = (store, link, candidate.Node, clocks.Time);
        _log = new(ClusterState.Empty);
        _follower = new(store, _log, _time, loggers.CreateLogger<StoreFollower>());
        var clock = new CommitClock(_time);
        _election = new(
            store, leases, _log, candidate, term => new(store, _log, clock, term, _time, loggers.CreateLogger<CommitPipeline>()), clocks, loggers.CreateLogger<Election>());
        _leaderBarrier = new(() => BoundedAsync("leader", AskLeaderAsync), ReadTimeout, _time, () => NoQuorum());
        _quorumBarrier = new(() => BoundedAsync("quorum", AskQuorumAsync), ReadTimeout, _time, () => NoQuorum());
    }

    public bool IsLeader => _election.Current is not null;

    /// <summary>Null, too, where this node does not follow any more.</summary>
    public LeaderRecord? Leader => _follower.Outdated.IsCompleted ? null : _log.Latest.Leader;

    /// <summary>The state as this node knows it, which may be old; empty until it was read.</summary>
    public ClusterState Latest => _log.Latest;

    /// <summary>The first state from now on for which something holds, as this node comes to know it.</summary>
    public ValueTask<ClusterState> WaitAsync(Func<ClusterState, bool> holds, CancellationToken cancellationToken) => _log.WaitAsync(holds, cancellationToken);

    /// <summary>Reads the store, and follows it until cancelled. Throws what makes going on pointless.</summary>
    public Task FollowStoreAsync(CancellationToken cancellationToken) => _follower.RunAsync(cancellationToken);

    /// <summary>Returns once the store was read for the first time. Throws <see cref="MillError.LaterFormat"/> where that needs a later version of Mill.</summary>
    public Task LoadedAsync(CancellationToken cancellationToken) => _follower.Loaded.WaitAsync(cancellationToken);

    /// <summary>Stands for election until cancelled. The store must be followed for as long.</summary>
    public async Task LeadAsync(CancellationToken cancellationToken)
    {
        await LoadedAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var standing = _election.RunAsync(stop.Token);
        // Whoever cannot read what the others write must not keep them from the office.
        if (await Task.WhenAny(standing, _follower.Outdated).ConfigureAwait(false) != standing) await stop.CancelAsync().ConfigureAwait(false);
        await standing.ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken)
    {
        DemandLoaded();
        if (read.Level is ReadLevel.Local) return new(_log.Latest);
        DemandCurrent();
        // Most reads wait for nothing, and so need no limit.
        if (read.Level is ReadLevel.Linearizable && _election.Current is { } term && term.Pipeline.Flight?.Touches(read.Subject) is not true && StateOf(term) is { } state) return new(state);
        if (read.IsConfirmed && !IsLeader) return new(_log.Latest);
        return new(IsLeader ? WithinTimeAsync(stop => AskAsLeaderAsync(read, stop), cancellationToken) : AskAsync(read, cancellationToken));
    }

    public async ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken)
    {
        // The leader looks at its lease with every read, which costs nothing; and what it says of one subject is nothing about another.
        if (level is ReadLevel.Local || (level is ReadLevel.Linearizable && IsLeader)) return false;
        await ReadAsync(new StateRead(level), cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken) => await WithinTimeAsync(
        async stop =>
        {
            var state = await ReadAsync(default, stop).ConfigureAwait(false);
            if (moment <= state.CommitTime) return state;
            var revision = _election.Current is null && Leader is { } leader
                ? await _link.ConfirmAsync(leader, moment, stop).ConfigureAwait(false)
                : await ConfirmAsync(moment, stop).ConfigureAwait(false);
            return await ReachAsync(revision, stop).ConfigureAwait(false);
        },
        cancellationToken).ConfigureAwait(false);

    public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken) =>
        _election.Current is { } term ? term.Pipeline.SubmitAsync(command, cancellationToken) : throw (Obstacle ?? NotLeading());

    public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken)
    {
        DemandLoaded();
        DemandCurrent();
        return _log.FollowAsync(afterRevision, cancellationToken);
    }

    public async ValueTask<LeaderRecord> WaitForLeaderAsync(LeaderRecord? other, CancellationToken cancellationToken)
    {
        while (true)
        {
            DemandCurrent();
            var elected = _election.Elected;
            var leader = (await _log.WaitAsync(state => state.Leader is { } leader && leader != other, cancellationToken).ConfigureAwait(false)).Leader!;
            if (leader.NodeId != _node || IsLeader) return leader;
            // Our own record is there before we have taken office.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var another = _log.WaitAsync(state => state.Leader != leader, either.Token).AsTask();
            await Task.WhenAny(elected, another).WaitAsync(cancellationToken).ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask<long> ConfirmAsync(Timestamp? settled, CancellationToken cancellationToken)
    {
        if (settled is { } moment) await CommitAsync(new Settlement(moment), cancellationToken).ConfigureAwait(false);
        return (await TryReadAsLeaderAsync(null, cancellationToken).ConfigureAwait(false) ?? throw NotLeading()).Revision;
    }

    public Task ResignAsync(CancellationToken cancellationToken) => _election.ResignAsync(cancellationToken);

    public Task HandOverAsync(NodeRecord to, CancellationToken cancellationToken) => _election.HandOverAsync(to, cancellationToken);

    /// <summary>The latest state there is, or null where this node cannot say so.</summary>
    private async ValueTask<ClusterState?> TryReadAsLeaderAsync(StateSubject? subject, CancellationToken cancellationToken)
    {
        if (_election.Current is not { } term) return null;
        // Others may have seen what is under way: see Flight.
        if (term.Pipeline.Flight is { } flight && flight.Touches(subject)) await flight.Landed.WaitAsync(cancellationToken).ConfigureAwait(false);
        return StateOf(term);
    }

    /// <summary>The state first, the lease after: in between, this node may have been frozen for as long as it takes to elect another.</summary>
    private ClusterState? StateOf(Term term)
    {
        var state = _log.Latest;
        return term.IsSure ? state : null;
    }

    private async Task<ClusterState> AskAsLeaderAsync(StateRead read, CancellationToken stop)
    {
        if (read.Level is ReadLevel.Linearizable && await TryReadAsLeaderAsync(read.Subject, stop).ConfigureAwait(false) is { } state) return state;
        if (read.IsConfirmed) return _log.Latest;
        return await ReachAsync(await BarrierOf(read).PassAsync().WaitAsync(stop).ConfigureAwait(false), stop).ConfigureAwait(false);
    }

    /// <summary>The barrier has a limit of its own, and what it answers mostly is here already; only who must wait for it, too, needs another.</summary>
    private async Task<ClusterState> AskAsync(StateRead read, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var revision = await BarrierOf(read).PassAsync().ConfigureAwait(false);
        var state = _log.Latest;
        return state.Revision >= revision ? state : await WithinTimeAsync(stop => ReachAsync(revision, stop).AsTask(), cancellationToken, start).ConfigureAwait(false);
    }

    private SharedBarrier BarrierOf(StateRead read) => read.Level is ReadLevel.Quorum ? _quorumBarrier : _leaderBarrier;

    private async Task<long> AskLeaderAsync(CancellationToken cancellationToken)
    {
        if (Leader is not { } leader || leader.NodeId == _node) return await AskQuorumAsync(cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(AskTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _link.ConfirmAsync(leader, null, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            return await AskQuorumAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Every batch writes the head record, so its revision is that of the latest one.</summary>
    private async Task<long> AskQuorumAsync(CancellationToken cancellationToken) =>
        (await _store.FindAsync(Batch.Head, cancellationToken).ConfigureAwait(false))?.Revision ?? 0;

    private async ValueTask<ClusterState> ReachAsync(long revision, CancellationToken cancellationToken)
    {
        var state = _log.Latest;
        return state.Revision >= revision ? state : await _log.WaitAsync(state => state.Revision >= revision, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// One limit for everything that a read waits for: a write under way, the question that was asked before it came, its own, and the state itself. Each with a limit of its own, they would
    /// add up to more than is promised.
    /// </summary>
    /// <param name="since">When the time began to run; null for now.</param>
    private async Task<ClusterState> WithinTimeAsync(Func<CancellationToken, Task<ClusterState>> read, CancellationToken cancellationToken, long? since = null)
    {
        var left = since is { } start ? ReadTimeout - _time.GetElapsedTime(start) : ReadTimeout;
        using var timeout = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await read(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoQuorum(e);
        }
    }

    private async Task<long> BoundedAsync(string asked, Func<CancellationToken, Task<long>> ask)
    {
        var (start, answered) = (_time.GetTimestamp(), false);
        using var timeout = new CancellationTokenSource(ReadTimeout, _time);
        try
        {
            var revision = await ask(timeout.Token).ConfigureAwait(false);
            answered = true;
            return revision;
        }
        catch (Exception e) when (e is OperationCanceledException or MillException { Error: MillError.StorageUnavailable })
        {
            throw NoQuorum(e);
        }
        finally
        {
            BarrierMetrics.Record(asked, answered, _time.GetElapsedTime(start));
        }
    }

    private MillException? Obstacle => _follower.Outdated is { IsCompleted: true } outdated ? outdated.Result : null;

    private void DemandCurrent()
    {
        if (Obstacle is { } obstacle) throw obstacle;
    }

    private void DemandLoaded()
    {
        if (!_follower.Loaded.IsCompletedSuccessfully)
            throw Obstacle ?? new MillException(MillError.NotReady, "This node has not read the state yet.") { Hint = "Wait for it, or ask another node. A node that waits for long has no majority: see its log." };
    }

    private static MillException NotLeading() => new(MillError.NoLeader, "This node does not lead. Nothing was written.") { Hint = "Send the request again: it goes to whoever leads then." };

    private static MillException NoQuorum(Exception? cause = null) =>
        new(MillError.NoQuorum, "No majority of the cluster can be reached from this node, so nobody can say what is true now.", cause)
        {
            Hint = "Ask another node, or, if an old answer will do, ask with ?consistency=local.",
        };
}
