using Microsoft.Extensions.Logging;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Orchestration;

/// <summary>
/// What the leader does for what runs: hears the nodes, and brings deploys, moves and schedules on, one decision after the other. It keeps nothing but when it heard of whom: whoever leads next goes on from the state alone.
/// </summary>
/// <param name="isLeader">Whether this node leads right now. A commit is fenced in any case.</param>
/// <param name="nodeTimeout">Of what length a node's silence is too long.</param>
public sealed partial class FleetOffice(IReplicatedState state, Func<bool> isLeader, TimeSpan nodeTimeout, TimeProvider time, ILogger<FleetOffice> logger) : INodeReports
{
    /// <summary>Whatever happens, it looks that often.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Hearing _hearing = new(nodeTimeout, 2 * LookEvery, time);

    // Of which there was nothing to do, and until when, by the clock that nobody sets.
    private FleetState? _settled;
    private long? _settledUntil;

    /// <summary>What the nodes said last of what is not kept; empty on a node that does not lead.</summary>
    public IReadOnlyDictionary<NodeId, NodeLive> Live => _hearing.Live;

    /// <summary>Hears a node. What is no news is not committed: a sign of life stays in memory. Throws <see cref="MillError.Forbidden"/> for a node that is not of the cluster, and as the port.</summary>
    public async Task SendAsync(NodeReport report, CancellationToken cancellationToken)
    {
        if (!isLeader()) throw new MillException(MillError.NoLeader, "This node does not lead.");
        var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
        DemandMember(seen, report.Node);
        if (!_hearing.Hear(report)) throw IsLate(report);
        if (report.Allocs.Count is 0 && NodeRules.IsKnown(seen.Fleet, report)) return;
        for (var heard = 0; ;)
        {
            var first = heard;
            heard = (await state.CommitAsync(new FleetCommand<int>((draft, turn) => Hear(draft, turn, report, first), FleetDraft.Portion), cancellationToken).ConfigureAwait(false)).Answer;
            if (heard >= report.Allocs.Count) return;
        }
    }

    /// <summary>Decides, for as long as it leads and until cancelled, whatever goes wrong meanwhile.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
                var pause = isLeader() ? await DecideAsync(seen, cancellationToken).ConfigureAwait(false) : Rest();
                await WaitAsync(seen.Revision, pause, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Without it, nothing would be brought on any more, and nobody would know.
                if (e is MillException) LogPutOff(e.Message);
                else LogFailed(e);
                await Task.Delay(LookEvery, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A server that is alone has no records of nodes, and no other node can reach it.</summary>
    private static void DemandMember(ClusterState state, NodeId node)
    {
        if (state.Authority is not null && !state.Nodes.ContainsKey(node)) throw new MillException(MillError.Forbidden, $"Node {node} is not of this cluster.");
    }

    /// <returns>How many of its allocations were heard by now.</returns>
    private int Hear(FleetDraft draft, ClusterState turn, NodeReport report, int first)
    {
        DemandMember(turn, report.Node);
        if (_hearing.IsLate(report)) throw IsLate(report);
        return NodeRules.Hear(draft, report, first);
    }

    /// <summary>Mostly, nobody waits for this any more: the node has said it anew. Where somebody does, it must not think that it was heard.</summary>
    private static MillException IsLate(NodeReport report) => new(MillError.PreconditionFailed, $"Report {report.Number} of life {report.Life} of node {report.Node} comes late: something later was heard of it.");

    /// <summary>Who leads next has heard of nobody.</summary>
    private TimeSpan Rest()
    {
        _hearing.Forget();
        _settled = null;
        return LookEvery;
    }

    /// <returns>When to decide again, where nothing happens before.</returns>
    private async Task<TimeSpan> DecideAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        var liveness = _hearing.Look(seen.Fence);
        var started = time.GetTimestamp();
        // Secrets are written all the time, and change nothing here.
        if (ReferenceEquals(seen.Fleet, _settled) && (_settledUntil is not { } until || started < until)) return PauseUntil(_settledUntil, started);
        // A look costs no commit. As in one, time never goes back.
        var clock = Timestamp.From(time.GetUtcNow());
        var draft = new FleetDraft(seen.Fleet, clock > seen.CommitTime ? clock : seen.CommitTime, FleetDraft.Portion);
        FleetDecisions.Decide(draft, liveness);
        _settled = null;
        if (draft.Changes.Count > 0)
        {
            await state.CommitAsync(new FleetCommand<Done>(Decide, FleetDraft.Portion), cancellationToken).ConfigureAwait(false);
            return LookEvery;
        }
        _settled = seen.Fleet;
        _settledUntil = draft.WakeAt is { } at ? started + (long)(TimeSpan.FromMicroseconds(at.Microseconds - draft.Now.Microseconds).TotalSeconds * time.TimestampFrequency) : null;
        return PauseUntil(_settledUntil, started);
    }

    private TimeSpan PauseUntil(long? moment, long now) => moment is { } until && time.GetElapsedTime(now, until) is var pause && pause < LookEvery ? pause : LookEvery;

    /// <summary>Asks anew who is there: until its turn came, a while may have gone by.</summary>
    private Done Decide(FleetDraft draft, ClusterState turn)
    {
        FleetDecisions.Decide(draft, _hearing.Look(turn.Fence));
        return new();
    }

    /// <summary>Until the state changes, or the time has come.</summary>
    private async Task WaitAsync(long revision, TimeSpan pause, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(pause > TimeSpan.FromMilliseconds(1) ? pause : TimeSpan.FromMilliseconds(1), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await foreach (var _ in state.FollowAsync(revision, both.Token).ConfigureAwait(false)) return;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time has come.
        }
    }

    [LoggerMessage(4001, LogLevel.Warning, "What has to happen next could not be noted, trying again: {Reason}")]
    private partial void LogPutOff(string reason);

    [LoggerMessage(4002, LogLevel.Error, "What has to happen next could not be decided, trying again")]
    private partial void LogFailed(Exception exception);
}
