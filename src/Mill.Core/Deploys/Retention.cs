using Mill.Core.Fleet;

namespace Mill.Core.Deploys;

/// <summary>What has ended is kept for a while, for whoever wants to know, and not for ever.</summary>
internal static class Retention
{
    private const int MostTasks = 100; // of one name
    private const int MostReplicas = 5; // for each that the service has
    private const int MostHooks = 5;
    private const int MostEnded = 1000; // of everything
    private const int MostDeploys = 10; // of one tenant, that say what is to run: these are what one can go back to
    private const int MostOthers = 10; // of one tenant

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
        foreach (var deploys in draft.Fleet.Deploys.Values.Reverse().Where(deploy => deploy.IsOver).GroupBy(deploy => (deploy.Tenant, IsTarget: deploy.Spec is not null)))
        {
            foreach (var deploy in deploys.Skip(deploys.Key.IsTarget ? MostDeploys : MostOthers).ToList())
            {
                if (draft.IsFull) return;
                draft.Remove(new DeployKey(deploy.Number));
            }
        }
    }

    private static int MostOf(FleetDraft draft, AllocRecord alloc) => alloc.Kind switch
    {
        AllocKind.Task => MostTasks,
        AllocKind.Hook => MostHooks,
        _ => MostReplicas * Math.Max(1, draft.Fleet.Services.GetValueOrDefault(alloc.Name)?.Spec.Replicas ?? 1),
    };
}
