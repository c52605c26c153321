using Mill.Core.Fleet;

namespace Mill.Core.Deploys;

/// <summary>Which nodes are gone, and what that means for what ran there.</summary>
internal static class NodeWatch
{
    public static void Look(FleetDraft draft, NodeLiveness liveness)
    {
        foreach (var node in draft.Fleet.Nodes.Values.Where(node => !node.IsDown))
        {
            if (draft.HasCome(liveness.DeadlineOf(node.Node))) draft.Put(new NodeStateKey(node.Node), node with { IsDown = true, Since = draft.Now });
        }
        foreach (var alloc in draft.Fleet.Allocs.Values.Where(alloc => !alloc.IsTerminal))
        {
            // A node that comes back finds here that it has to end what it still has: another may run in its place.
            if (draft.Fleet.Nodes.GetValueOrDefault(alloc.Node) is not { IsDown: false } node) draft.Put(alloc with { Status = AllocStatus.Failed, IsLost = true, EndedAt = draft.Now, HealthyAt = null, Address = null, Reason = "its node was lost" });
            // Services move away from a node that is to be empty, start-first; tasks have no other place.
            else if (node.IsDraining && alloc is { Kind: AllocKind.Task, IsStopping: false }) draft.Put(alloc with { StopAskedAt = draft.Now, StopReason = "its node is to be empty" });
        }
    }
}
