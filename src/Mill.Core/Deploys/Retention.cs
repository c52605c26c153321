using Mill.Core.Fleet;

namespace Mill.Core.Deploys;

/// <summary>What has ended is kept for a while, for whoever wants to know, and not for ever.</summary>
internal static class Retention
{
    private const int MostTasks = 100; // of one name
    private const int MostReplicas = 5; // for each that the service has
    private const int MostHooks = 5;
    private const int MostEnded = 1000; // of everything
    private const int MostTargets = 10; // of one tenant: the deploys that one can go back to
    private const int MostOthers = 10; // of one tenant: deploys that failed, or changed nothing, and restarts

    private static readonly TimeSpan Ended = TimeSpan.FromHours(24);

    public static void Collect(FleetDraft draft)
    {
        var ended = draft.Fleet.Allocs.Values.Where(alloc => alloc.IsTerminal).OrderByDescending(alloc => alloc.EndedAt ?? alloc.CreatedAt).ThenByDescending(alloc => alloc.Id, StringComparer.Ordinal).ToList();
        var counts = new Dictionary<(AllocKind, Model.TenantId, string), int>();
        foreach (var (alloc, index) in ended.Select((alloc, index) => (alloc, index)))
        {
            if (draft.IsFull) return;
            var group = (alloc.Kind, alloc.Tenant, alloc.Name);
            counts[group] = counts.GetValueOrDefault(group) + 1;
            if (index >= MostEnded || counts[group] > MostOf(draft, alloc) || draft.HasCome((alloc.EndedAt ?? alloc.CreatedAt) + Ended)) draft.Remove(new AllocKey(alloc.Id));
        }
        foreach (var totals in draft.Fleet.TaskTotals.Values.Where(totals => IsForgotten(draft.Fleet, totals)).ToList())
        {
            if (draft.IsFull) return;
            draft.Remove(new TaskTotalsKey(totals.Tenant, totals.Name));
        }
        foreach (var deploys in draft.Fleet.Deploys.Values.Reverse().Where(deploy => deploy.IsOver).GroupBy(deploy => (deploy.Tenant, deploy.IsTarget)))
        {
            foreach (var deploy in deploys.Skip(deploys.Key.IsTarget ? MostTargets : MostOthers).ToList())
            {
                if (draft.IsFull) return;
                draft.Remove(new DeployKey(deploy.Number));
            }
        }
    }

    /// <summary>Nobody starts tasks of that name any more, and none is left.</summary>
    private static bool IsForgotten(FleetState fleet, TaskTotalsRecord totals) =>
        fleet.Tasks.GetValueOrDefault(totals.Name)?.Tenant != totals.Tenant && !fleet.Allocs.Values.Any(alloc => alloc.Kind is AllocKind.Task && alloc.Name == totals.Name && alloc.Tenant == totals.Tenant);

    private static int MostOf(FleetDraft draft, AllocRecord alloc) => alloc.Kind switch
    {
        AllocKind.Task => MostTasks,
        AllocKind.Hook or AllocKind.Pull => MostHooks,
        _ => MostReplicas * Math.Max(1, draft.Fleet.Services.GetValueOrDefault(alloc.Name)?.Spec.Replicas ?? 1),
    };
}
