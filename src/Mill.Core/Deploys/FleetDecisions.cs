using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;

namespace Mill.Core.Deploys;

/// <summary>
/// What has to happen next, by what is and what time it is. Whoever asks twice gets the same answer; where there is nothing to do, no changes, and when to ask again. Where it is too much for one draft, it stops, and goes on in
/// the next: every decision rests on nothing but what the state says by then.
/// </summary>
public static class FleetDecisions
{
    public static FleetDraft Next(FleetState fleet, NodeLiveness liveness, Timestamp now)
    {
        var draft = new FleetDraft(fleet, now);
        Decide(draft, liveness);
        return draft;
    }

    /// <summary>The same in a draft of a certain size.</summary>
    public static void Decide(FleetDraft draft, NodeLiveness liveness)
    {
        if (draft.Fleet.Numbers.IsPaused) return;
        NodeWatch.Look(draft, liveness);
        var view = new PlacementView(draft.Fleet);
        Keep(draft, view);
        TaskRules.Schedule(draft, view);
        Retention.Collect(draft);
    }

    /// <summary>A deploy changes what services are to be, and upkeep makes them so: in one go as far as it fits, so that nobody waits for the next.</summary>
    private static void Keep(FleetDraft draft, PlacementView view)
    {
        var unplaced = KeepAll(draft, view);
        var before = draft.Fleet.Deploying;
        foreach (var deploy in before.Values) new DeployProgress(draft, view, deploy).Advance(unplaced);
        if (draft.Fleet.Deploying != before) KeepAll(draft, view);
    }

    private static Dictionary<string, string> KeepAll(FleetDraft draft, PlacementView view)
    {
        var upkeep = new ServiceUpkeep(draft, view);
        var unplaced = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in draft.Fleet.Services.Keys.Union(draft.Fleet.ReplicatedServices).Order(StringComparer.Ordinal).ToList())
        {
            if (draft.IsFull) break;
            if (upkeep.Keep(name) is { } reason) unplaced[name] = reason;
        }
        return unplaced;
    }
}
