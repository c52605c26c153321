using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;

namespace Mill.Core.Deploys;

/// <summary>What has to happen next, by what is and what time it is. Whoever asks twice gets the same answer; where there is nothing to do, no changes, and when to ask again.</summary>
public static class FleetDecisions
{
    public static FleetDraft Next(FleetState fleet, NodeLiveness liveness, Timestamp now)
    {
        var draft = new FleetDraft(fleet, now);
        NodeWatch.Look(draft, liveness);
        var view = new PlacementView(draft.Fleet);
        Keep(draft, view);
        TaskRules.Schedule(draft, view);
        Retention.Collect(draft);
        return draft;
    }

    /// <summary>A deploy changes what services are to be, and upkeep makes them so: in one go, so that nobody sees the one without the other.</summary>
    private static void Keep(FleetDraft draft, PlacementView view)
    {
        var unplaced = KeepAll(draft, view);
        if (draft.Fleet.Deploying is not { } deploy) return;
        new DeployProgress(draft, view, deploy).Advance(unplaced);
        if (draft.Fleet.Deploying != deploy) KeepAll(draft, view);
    }

    private static Dictionary<string, string> KeepAll(FleetDraft draft, PlacementView view)
    {
        var upkeep = new ServiceUpkeep(draft, view);
        var unplaced = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = draft.Fleet.Services.Keys.Union(draft.Fleet.Allocs.Values.Where(alloc => alloc is { Kind: AllocKind.Service, IsWanted: true }).Select(alloc => alloc.Name)).Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            if (upkeep.Keep(name) is { } reason) unplaced[name] = reason;
        }
        return unplaced;
    }
}
