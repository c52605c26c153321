using Mill.Core.Fleet;
using Mill.Core.Model;

namespace Mill.Core.Deploys;

/// <summary>Which nodes are gone, and what that means for what ran there.</summary>
internal static class NodeWatch
{
    /// <summary>An engine that is being upgraded leaves its containers alone, and is back within minutes.</summary>
    private static readonly TimeSpan NotReadyTimeout = TimeSpan.FromMinutes(5);

    public static void Look(FleetDraft draft, NodeLiveness liveness)
    {
        foreach (var node in draft.Fleet.Nodes.Values.Where(node => !node.IsDown))
        {
            if (draft.IsFull) return;
            if (draft.HasCome(liveness.DeadlineOf(node.Node, draft.Now))) draft.Put(new NodeStateKey(node.Node), node with { IsDown = true, Since = draft.Now });
        }
        foreach (var id in draft.Fleet.AllocatedNodes.Order().ToList())
        {
            var node = draft.Fleet.Nodes.GetValueOrDefault(id);
            if (WhyLost(draft, node) is { } reason) Lose(draft, id, reason);
            else if (node!.IsDraining) EndTasks(draft, id);
        }
    }

    private static string? WhyLost(FleetDraft draft, NodeStateRecord? node) => node switch
    {
        null or { IsDown: true } => "its node was lost",
        { NotReady: { } reason } when draft.HasCome(node.Since + NotReadyTimeout) => $"its node cannot run containers: {reason}",
        _ => null,
    };

    /// <summary>A node that comes back finds here that it has to end what it still has: another may run in its place.</summary>
    private static void Lose(FleetDraft draft, NodeId node, string reason)
    {
        foreach (var alloc in draft.Fleet.AllocsOn(node).Where(alloc => !alloc.IsTerminal))
        {
            if (draft.IsFull) return;
            draft.Put(alloc with { Status = AllocStatus.Failed, IsLost = true, EndedAt = draft.Now, HealthyAt = null, LastHealthyAt = alloc.Status is AllocStatus.Healthy ? draft.Now : alloc.LastHealthyAt, Address = null, Reason = reason });
        }
    }

    /// <summary>Services move away from a node that is to be empty, start-first; tasks have no other place.</summary>
    private static void EndTasks(FleetDraft draft, NodeId node)
    {
        foreach (var alloc in draft.Fleet.AllocsOn(node).Where(alloc => alloc is { Kind: AllocKind.Task, IsTerminal: false, IsStopping: false }))
        {
            if (draft.IsFull) return;
            draft.Put(alloc with { StopAskedAt = draft.Now, StopReason = "its node is to be empty" });
        }
    }
}
