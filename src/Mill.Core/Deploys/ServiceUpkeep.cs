using Mill.Core.Fleet;
using Mill.Core.Placement;

namespace Mill.Core.Deploys;

/// <summary>
/// Sees to it that a service runs as its record says: as many replicas as it has, of its version, on nodes that are there to stay. A rolling update, a move away from a node that is to be empty, a new
/// count and a lost node are one and the same to it: what is not as it should be is replaced, new before old.
/// </summary>
public sealed class ServiceUpkeep(FleetDraft draft, PlacementView view)
{
    private static readonly TimeSpan[] Backoff = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)];

    /// <summary>How long to wait after so many failures in a row, one or more.</summary>
    public static TimeSpan PauseAfter(int failures) => Backoff[Math.Min(failures, Backoff.Length) - 1];

    /// <returns>Why there are not enough, where no node will do; null otherwise.</returns>
    internal string? Keep(string name)
    {
        if (!draft.Fleet.Services.TryGetValue(name, out var service))
        {
            foreach (var alloc in Wanted(name)) Stop(alloc, "the service was removed", TimeSpan.Zero);
            return null;
        }
        var (replicas, update) = (service.Spec.Replicas, service.Spec.Update);
        var wanted = Wanted(name);
        var current = wanted.FindAll(alloc => IsCurrent(alloc, service));
        var outdated = wanted.FindAll(alloc => !IsCurrent(alloc, service));
        var good = current.FindAll(alloc => IsGood(alloc, update.HealthyFor));

        var atOnce = outdated.Count > 0 ? update.MaxParallel : replicas;
        var missing = Math.Min(replicas - current.Count, atOnce - (current.Count - good.Count));
        var reason = missing > 0 ? Start(service, missing) : null;

        // The healthy ones serve until others do; those that are not are the first to go.
        var kept = Math.Max(0, replicas - good.Count);
        var isRestoring = draft.Fleet.Deploying?.Steps.Any(step => step.Service == name && step.Phase is StepPhase.Restoring) is true;
        foreach (var alloc in outdated.OrderByDescending(alloc => alloc.Status is AllocStatus.Healthy).ThenBy(alloc => IsOnItsWay(alloc)).ThenBy(alloc => alloc.CreatedAt).ThenBy(alloc => alloc.Id, StringComparer.Ordinal))
        {
            if (kept > 0 && !(isRestoring && alloc.Status is not AllocStatus.Healthy)) kept--;
            else Stop(alloc, "another took its place", update.Drain);
        }
        foreach (var alloc in current.OrderByDescending(good.Contains).ThenBy(alloc => alloc.CreatedAt).ThenBy(alloc => alloc.Id, StringComparer.Ordinal).Skip(replicas)) Stop(alloc, "there were more than the service has", update.Drain);
        return reason;
    }

    /// <summary>It is healthy, and has been for as long as it has to be.</summary>
    public bool IsGood(AllocRecord alloc, TimeSpan healthyFor) => alloc is { Status: AllocStatus.Healthy, HealthyAt: { } at } && draft.HasCome(at + healthyFor);

    /// <summary>Of the right version, and on a node that may keep it.</summary>
    public bool IsCurrent(AllocRecord alloc, ServiceRecord service) => alloc.Version == service.Version && !IsOnItsWay(alloc);

    /// <summary>It is to end; what it has begun may come to its end first, where it served anybody.</summary>
    public void Stop(AllocRecord alloc, string reason, TimeSpan drain)
    {
        view.Remove(alloc);
        var stopping = alloc with { StopAskedAt = draft.Now, Drain = alloc.Status is AllocStatus.Healthy && drain > TimeSpan.Zero ? drain : null, StopReason = reason };
        draft.Put(stopping);
        view.Add(stopping);
    }

    private bool IsOnItsWay(AllocRecord alloc) => draft.Fleet.Nodes.GetValueOrDefault(alloc.Node) is not { IsDraining: false };

    private List<AllocRecord> Wanted(string name) => [.. draft.Fleet.AllocsOf(name).Where(alloc => alloc.IsWanted)];

    private string? Start(ServiceRecord service, int count)
    {
        var failed = FailedInARow(service);
        if (failed.Count > 0 && !draft.HasCome(failed.Max(alloc => alloc.EndedAt!.Value) + PauseAfter(failed.Count))) return null;
        var avoided = failed.Select(alloc => alloc.Node).ToHashSet();
        for (; count > 0; count--)
        {
            var placing = view.Choose(service.Spec.Container, service.Spec.Name, avoided);
            if (placing.Node is not { } node) return placing.Reason;
            var alloc = new AllocRecord
            {
                Id = draft.NewAllocId(service.Spec.Name),
                Name = service.Spec.Name,
                Kind = AllocKind.Service,
                Tenant = service.Tenant,
                Node = node,
                Version = service.Version,
                Container = service.Spec.Container,
                Health = service.Spec.Health,
                Deploy = service.Deploy,
                CreatedAt = draft.Now,
                Status = AllocStatus.Pulling,
            };
            draft.Put(alloc);
            view.Add(alloc);
        }
        return null;
    }

    /// <summary>Those of this version that failed by themselves since one of it was healthy last.</summary>
    private List<AllocRecord> FailedInARow(ServiceRecord service)
    {
        var allocs = draft.Fleet.AllocsOf(service.Spec.Name).Where(alloc => alloc.Version == service.Version).ToList();
        var healthy = allocs.Max(alloc => alloc.HealthyAt?.Microseconds) ?? 0;
        return allocs.FindAll(alloc => alloc is { Status: AllocStatus.Failed, IsLost: false, EndedAt: { } ended } && ended.Microseconds > healthy);
    }
}
