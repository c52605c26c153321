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

    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, Timestamp> _heard = [];
    private Timestamp? _since;

    /// <summary>Hears a node. What is no news is not committed: a sign of life stays in memory.</summary>
    public async Task SendAsync(NodeReport report, CancellationToken cancellationToken)
    {
        if (!isLeader()) throw new MillException(MillError.NoLeader, "This node does not lead.");
        lock (_lock) _heard[report.Node] = Timestamp.From(time.GetUtcNow());
        var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
        if (report.Allocs.Count is 0 && IsKnown(seen.Fleet, report)) return;
        await state.CommitAsync(new FleetCommand<Done>((draft, _) => Hear(draft, report)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decides, for as long as it leads and until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
            var pause = isLeader() ? await DecideAsync(seen, cancellationToken).ConfigureAwait(false) : Rest();
            await WaitAsync(seen.Revision, pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsKnown(FleetState fleet, NodeReport report) =>
        fleet.Nodes.TryGetValue(report.Node, out var node) && !node.IsDown && node.Cpu == report.Cpu && node.Memory == report.Memory && node.Labels.Count == report.Labels.Count && !node.Labels.Except(report.Labels).Any();

    private static Done Hear(FleetDraft draft, NodeReport report)
    {
        if (!IsKnown(draft.Fleet, report))
        {
            var known = draft.Fleet.Nodes.GetValueOrDefault(report.Node);
            draft.Put(new NodeStateKey(report.Node), new NodeStateRecord { Node = report.Node, Cpu = report.Cpu, Memory = report.Memory, Labels = report.Labels, IsDraining = known?.IsDraining is true, Since = known is { IsDown: false } ? known.Since : draft.Now });
        }
        foreach (var alloc in report.Allocs) alloc.Apply(draft, report.Node);
        return new();
    }

    /// <summary>Who leads next has heard of nobody.</summary>
    private TimeSpan Rest()
    {
        lock (_lock)
        {
            _since = null;
            _heard.Clear();
        }
        return LookEvery;
    }

    /// <returns>When to decide again, where nothing happens before.</returns>
    private async Task<TimeSpan> DecideAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        var now = Timestamp.From(time.GetUtcNow());
        NodeLiveness liveness;
        lock (_lock)
        {
            _since ??= now;
            liveness = new(_since.Value, _heard.ToDictionary(), nodeTimeout);
        }
        // A look costs no commit.
        var draft = FleetDecisions.Next(seen.Fleet, liveness, now);
        if (draft.Changes.Count > 0)
        {
            try
            {
                await state.CommitAsync(new FleetCommand<Done>((turn, _) => Next(turn, liveness)), cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e)
            {
                LogPutOff(e.Message);
                return LookEvery;
            }
        }
        var wake = draft.WakeAt is { } at ? TimeSpan.FromMicroseconds(at.Microseconds - now.Microseconds) : LookEvery;
        return wake < LookEvery ? wake : LookEvery;
    }

    private static Done Next(FleetDraft draft, NodeLiveness liveness)
    {
        foreach (var change in FleetDecisions.Next(draft.Fleet, liveness, draft.Now).Changes)
        {
            if (change.Record is { } record) draft.Put(change.Key, record);
            else draft.Remove(change.Key);
        }
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
}
