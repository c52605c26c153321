using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Deploys;

/// <summary>How tasks start and are ended.</summary>
public static class TaskRules
{
    /// <summary>Starts one now. Throws <see cref="MillError.NoRoom"/> where no node will do.</summary>
    public static AllocRecord Start(FleetDraft draft, PlacementView view, TaskSpec spec, TenantId tenant, string? by, int? deploy = null)
    {
        var placing = view.Choose(spec.Container, null);
        if (placing.Node is not { } node) throw new MillException(MillError.NoRoom, $"The task \"{spec.Name}\" cannot start: {placing.Reason}.") { Hint = "See what the nodes have left: mill nodes" };
        var alloc = new AllocRecord
        {
            Id = draft.NewAllocId(spec.Name),
            Name = spec.Name,
            Kind = AllocKind.Task,
            Tenant = tenant,
            Node = node,
            Version = 0,
            Container = spec.Container,
            Timeout = spec.Timeout,
            Deploy = deploy,
            By = by,
            CreatedAt = draft.Now,
            Status = AllocStatus.Pulling,
        };
        draft.Put(alloc);
        view.Add(alloc);
        return alloc;
    }

    /// <summary>Throws <see cref="MillError.NotFound"/> where there is no such task. One that has ended stays as it is.</summary>
    public static AllocRecord Kill(FleetDraft draft, string id, TenantId tenant)
    {
        if (!draft.Fleet.Allocs.TryGetValue(id, out var alloc) || alloc.Tenant != tenant) throw new MillException(MillError.NotFound, $"There is no task \"{id}\".") { Hint = "See which there are: mill tasks" };
        if (alloc.Kind is not AllocKind.Task) throw new MillException(MillError.InvalidRequest, $"\"{id}\" is no task.") { Hint = $"To make the containers of a service anew: mill restart {alloc.Name}" };
        if (alloc.IsTerminal || alloc.IsStopping) return alloc;
        var stopping = alloc with { StopAskedAt = draft.Now, StopReason = "somebody ended it" };
        draft.Put(stopping);
        return stopping;
    }

    /// <summary>Starts what is due. What was missed is made up for once. One that is still at work is not joined by another.</summary>
    internal static void Schedule(FleetDraft draft, PlacementView view)
    {
        foreach (var task in draft.Fleet.Tasks.Values.Where(task => task is { Spec.Schedule: not null, ScheduledTo: not null }))
        {
            if (CronSchedule.Parse(task.Spec.Schedule!)?.After(task.ScheduledTo!.Value.ToDateTimeOffset()) is not { } due || !draft.HasCome(Timestamp.From(due))) continue;
            draft.Put(new TaskKey(task.Spec.Name), task with { ScheduledTo = draft.Now });
            if (draft.Fleet.Allocs.Values.Any(alloc => alloc is { Kind: AllocKind.Task, IsTerminal: false } && alloc.Name == task.Spec.Name)) continue;
            if (view.Choose(task.Spec.Container, null).Node is not null) Start(draft, view, task.Spec, task.Tenant, by: null, task.Deploy);
            else NotStarted(draft, view, task);
        }
    }

    /// <summary>Somebody should be able to see it.</summary>
    private static void NotStarted(FleetDraft draft, PlacementView view, TaskRecord task)
    {
        if (draft.Fleet.Nodes.Count is 0) return;
        draft.Put(new AllocRecord
        {
            Id = draft.NewAllocId(task.Spec.Name),
            Name = task.Spec.Name,
            Kind = AllocKind.Task,
            Tenant = task.Tenant,
            Node = draft.Fleet.Nodes.Keys.First(),
            Version = 0,
            Container = task.Spec.Container,
            Deploy = task.Deploy,
            CreatedAt = draft.Now,
            EndedAt = draft.Now,
            Status = AllocStatus.Failed,
            Reason = string.Create(CultureInfo.InvariantCulture, $"it was not started: {view.Choose(task.Spec.Container, null).Reason}"),
        });
    }
}
