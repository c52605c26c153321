using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Core.Deploys;

/// <summary>How nodes come to run containers, are emptied, and used again.</summary>
public static class NodeRules
{
    /// <summary>Whether a node says nothing new of itself.</summary>
    public static bool IsKnown(FleetState fleet, NodeReport report) =>
        fleet.Nodes.TryGetValue(report.Node, out var node) && !node.IsDown && node.NotReady == report.NotReady && node.Cpu == report.Cpu && node.Memory == report.Memory
        && node.Labels.Count == report.Labels.Count && !node.Labels.Except(report.Labels).Any();

    /// <summary>Notes what a node says of itself, and, as far as the draft holds it, of its allocations.</summary>
    /// <param name="first">The first of its allocations that was not heard before.</param>
    /// <returns>How many were heard by now.</returns>
    public static int Hear(FleetDraft draft, NodeReport report, int first = 0)
    {
        if (!IsKnown(draft.Fleet, report)) draft.Put(new NodeStateKey(report.Node), Heard(draft, report));
        while (first < report.Allocs.Count && !draft.IsFull) report.Allocs[first++].Apply(draft, report.Node);
        return first;
    }

    /// <summary>Nothing more is placed there, services move away, and tasks end. Asked again, it changes nothing. Throws <see cref="MillError.NotFound"/> for a node that runs no containers.</summary>
    public static NodeStateRecord Drain(FleetDraft draft, NodeId node, string by) => Put(draft, Demand(draft.Fleet, node), by);

    /// <summary>It takes its share again. What moved away stays where it is. Throws <see cref="MillError.NotFound"/> for a node that runs no containers.</summary>
    public static NodeStateRecord Undrain(FleetDraft draft, NodeId node, string by)
    {
        ArgumentException.ThrowIfNullOrEmpty(by);
        return Put(draft, Demand(draft.Fleet, node), null);
    }

    /// <summary>What is left on a node that is to be empty, and what each waits for; nothing once it is empty.</summary>
    public static IReadOnlyList<DrainWait> WaitsFor(FleetState fleet, NodeId node)
    {
        var left = fleet.AllocsOn(node).Where(alloc => !alloc.IsTerminal).ToList();
        if (left.Count is 0) return [];
        var view = new PlacementView(fleet);
        return [.. left.Select(alloc => new DrainWait(alloc.Id, Reason(view, alloc)))];
    }

    /// <summary>Throws <see cref="MillError.PreconditionFailed"/> where something runs on a node that is not lost.</summary>
    public static void DemandEmpty(FleetState fleet, NodeId node)
    {
        if (fleet.Nodes.GetValueOrDefault(node) is not { IsDown: false } || fleet.AllocsOn(node).Count(alloc => !alloc.IsTerminal) is not (> 0 and var count)) return;
        throw new MillException(MillError.PreconditionFailed, $"Node {node} has active allocations: {count}.") { Hint = $"Empty it first: mill drain {node}" };
    }

    private static NodeStateRecord Heard(FleetDraft draft, NodeReport report)
    {
        var known = draft.Fleet.Nodes.GetValueOrDefault(report.Node);
        var isAsBefore = known is { IsDown: false } && known.NotReady is null == report.NotReady is null;
        return new()
        {
            Node = report.Node,
            Cpu = report.Cpu,
            Memory = report.Memory,
            Labels = report.Labels,
            IsDraining = known?.IsDraining is true,
            DrainBy = known?.DrainBy,
            NotReady = report.NotReady,
            Since = isAsBefore ? known!.Since : draft.Now,
        };
    }

    private static string Reason(PlacementView view, AllocRecord alloc) => alloc switch
    {
        { IsStopping: true } => "it has been asked to end",
        { Kind: AllocKind.Service } when view.Choose(alloc.Container, alloc.Name) is { Node: null, Reason: var reason } => $"it has no other place: {reason}",
        { Kind: AllocKind.Service } => "what takes its place is not healthy yet",
        _ => "it is at work",
    };

    private static NodeStateRecord Put(FleetDraft draft, NodeStateRecord record, string? by)
    {
        if (record.IsDraining == by is not null) return record;
        var after = record with { IsDraining = by is not null, DrainBy = by, Since = draft.Now };
        draft.Put(new NodeStateKey(record.Node), after);
        return after;
    }

    private static NodeStateRecord Demand(FleetState fleet, NodeId node) =>
        fleet.Nodes.GetValueOrDefault(node) ?? throw new MillException(MillError.NotFound, $"Node {node} runs no containers.") { Hint = "See which do: mill nodes" };
}

/// <param name="Alloc">What has not ended yet.</param>
public sealed record DrainWait(string Alloc, string Reason);
