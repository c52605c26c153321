using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Server.Api.Fleet;

/// <summary>Services, tasks and nodes as answers.</summary>
internal static class ServiceViews
{
    private const string OfAnother = "another tenant's";

    public static ServiceResponse ToResponse(ServiceRecord service, Caller caller, FleetView view, ClusterState seen, LiveView live, bool all)
    {
        var allocs = seen.Fleet.AllocsOf(service.Spec.Name).Where(alloc => alloc.Tenant == caller.Tenant).ToList();
        return new()
        {
            Name = service.Spec.Name,
            Image = service.Spec.Container.Image,
            Version = service.Version,
            Replicas = new(service.Spec.Replicas, allocs.Count(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false })),
            Allocations = [.. allocs.Where(alloc => all || !alloc.IsTerminal).OrderBy(alloc => alloc.CreatedAt).Select(alloc => ToItem(alloc, caller, view, seen, live))],
        };
    }

    public static TemplateItem ToItem(TaskRecord task, FleetState fleet, DateTimeOffset now)
    {
        var last = fleet.Allocs.Values.Where(alloc => alloc.Kind is AllocKind.Task && alloc.Name == task.Spec.Name && alloc.Tenant == task.Tenant).MaxBy(alloc => alloc.CreatedAt);
        return new()
        {
            Name = task.Spec.Name,
            Image = task.Spec.Container.Image,
            Schedule = task.Spec.Schedule,
            NextAt = task.Spec.Schedule is { } schedule ? CronSchedule.Parse(schedule)?.After(task.ScheduledTo?.ToDateTimeOffset() ?? now) : null,
            Timeout = Duration.Format(task.Spec.Timeout),
            LastAt = FleetTexts.Time(last?.CreatedAt),
            LastStatus = last is null ? null : FleetTexts.Of(last.Status),
            LastReason = last?.Reason,
            SkippedAt = FleetTexts.Time(task.SkippedAt),
            Waits = task.Waits,
        };
    }

    public static TaskTotalsItem ToItem(TaskTotalsRecord totals, FleetState fleet, Timestamp now) => new()
    {
        Name = totals.Name,
        Running = fleet.Allocs.Values.Count(alloc => alloc is { Kind: AllocKind.Task, IsTerminal: false } && alloc.Name == totals.Name && alloc.Tenant == totals.Tenant),
        StartedWithinDay = totals.StartedWithinDay(now),
        AverageSeconds = totals.Ended() is > 0 and var ended ? totals.Microseconds / 1e6 / ended : null,
    };

    public static TaskResponse ToResponse(AllocRecord alloc, FleetView view, ClusterState seen, LiveView live) => new()
    {
        Id = alloc.Id,
        Name = alloc.Name,
        Image = alloc.Container.Image,
        Node = view.NameOf(seen, alloc.Node),
        Status = FleetTexts.Of(alloc.Status),
        Stopping = alloc is { IsStopping: true, IsTerminal: false },
        Address = alloc.Address,
        Cpu = alloc.Container.Cpu,
        Memory = alloc.Container.Memory,
        By = alloc.By,
        CreatedAt = alloc.CreatedAt.ToDateTimeOffset(),
        StartedAt = FleetTexts.Time(alloc.StartedAt),
        EndedAt = FleetTexts.Time(alloc.EndedAt),
        ExitCode = alloc.ExitCode,
        Reason = alloc.Reason,
        LastLines = alloc.LastLines,
        Usage = UsageOf(alloc, live),
    };

    /// <param name="tenant">Who looks: what another's is called is not told. Null for who may know all.</param>
    public static ContainersItem ToItem(NodeStateRecord node, FleetState fleet, TenantId? tenant = null)
    {
        var allocs = fleet.AllocsOn(node.Node).Where(alloc => !alloc.IsTerminal).ToList();
        return new()
        {
            State = FleetTexts.StateOf(node),
            Reason = node.NotReady,
            Cpu = new(node.Cpu, allocs.Sum(alloc => alloc.Container.Cpu)),
            Memory = new(node.Memory, allocs.Sum(alloc => alloc.Container.Memory)),
            Allocs = allocs.Count,
            Labels = node.Labels,
            Waits = node.IsDraining ? [.. NodeRules.WaitsFor(fleet, node.Node).Select(wait => new DrainWaitItem(tenant is null || fleet.Allocs[wait.Alloc].Tenant == tenant ? wait.Alloc : OfAnother, wait.Reason))] : null,
        };
    }

    private static AllocationItem ToItem(AllocRecord alloc, Caller caller, FleetView view, ClusterState seen, LiveView live) => new()
    {
        Id = alloc.Id,
        Node = view.NameOf(seen, alloc.Node),
        Status = FleetTexts.Of(alloc.Status),
        Stopping = alloc is { IsStopping: true, IsTerminal: false },
        Address = alloc.Address,
        Cpu = alloc.Container.Cpu,
        Memory = alloc.Container.Memory,
        StartedAt = FleetTexts.Time(alloc.StartedAt),
        Restarts = alloc.Restarts,
        Reason = alloc.Reason,
        LastLines = alloc.LastLines,
        Version = alloc.Version,
        Usage = UsageOf(alloc, live),
        OutdatedSecrets = Outdated(alloc, caller, seen),
        OutdatedAddresses = Moved(alloc, seen.Fleet),
    };

    private static UsageItem? UsageOf(AllocRecord alloc, LiveView live) => !alloc.IsTerminal && live.UsageOf(alloc.Id) is { } usage ? new(usage.Cpu, usage.Memory) : null;

    /// <summary>The services that have nothing where its container was told that they are. Null where there are none.</summary>
    private static List<string>? Moved(AllocRecord alloc, FleetState fleet)
    {
        if (alloc is { IsTerminal: true } or { IsStopping: true } || alloc.Addresses is not { } addresses) return null;
        var moved = addresses.Where(told => !fleet.AllocsOf(told.Key).Any(other => other.IsWanted && other.Tenant == alloc.Tenant && other.Address == told.Value)).Select(told => told.Key).Order(StringComparer.Ordinal).ToList();
        return moved.Count > 0 ? moved : null;
    }

    /// <summary>Those that the caller may know of. Null where there are none.</summary>
    private static List<string>? Outdated(AllocRecord alloc, Caller caller, ClusterState seen)
    {
        if (alloc.IsTerminal || alloc.SecretVersions is not { } versions) return null;
        var outdated = versions.Where(used => SecretName.TryParse(used.Key, out var name) && caller.Sees(name) && seen.Find(new(alloc.Tenant, name))?.Current?.Version != used.Value).Select(used => used.Key).Order(StringComparer.Ordinal).ToList();
        return outdated.Count > 0 ? outdated : null;
    }
}
