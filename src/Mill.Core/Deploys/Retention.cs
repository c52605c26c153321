using Mill.Core.Fleet;

namespace Mill.Core.Deploys;

/// <summary>What has ended is kept for a while, for whoever wants to know, and not for ever.</summary>
internal static class Retention
{
    private const int MostTasks = 100; // of one name
    private const int MostReplicas = 5; // for each that the service has
    private const int MostHooks = 5;
    private const int MostDeploys = 10;

    private static readonly TimeSpan Tasks = TimeSpan.FromHours(24);

    public static void Collect(FleetDraft draft)
    {
        foreach (var ended in draft.Fleet.Allocs.Values.Where(alloc => alloc.IsTerminal).GroupBy(alloc => (alloc.Kind, alloc.Name)).ToList())
        {
            var latest = ended.OrderByDescending(alloc => alloc.EndedAt ?? alloc.CreatedAt).ThenByDescending(alloc => alloc.Id, StringComparer.Ordinal).ToList();
            var most = ended.Key.Kind switch
            {
                AllocKind.Task => MostTasks,
                AllocKind.Hook => MostHooks,
                _ => MostReplicas * Math.Max(1, draft.Fleet.Services.GetValueOrDefault(ended.Key.Name)?.Spec.Replicas ?? 1),
            };
            foreach (var (alloc, index) in latest.Select((alloc, index) => (alloc, index)))
            {
                if (index >= most || (alloc.Kind is AllocKind.Task && draft.HasCome((alloc.EndedAt ?? alloc.CreatedAt) + Tasks))) draft.Remove(new AllocKey(alloc.Id));
            }
        }
        foreach (var deploy in draft.Fleet.Deploys.Values.Reverse().Where(deploy => deploy.IsOver).Skip(MostDeploys).ToList()) draft.Remove(new DeployKey(deploy.Number));
    }
}
