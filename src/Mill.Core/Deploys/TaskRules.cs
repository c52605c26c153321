using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Deploys;

/// <summary>How tasks start and are ended.</summary>
public static class TaskRules
{
    /// <summary>Starts one now. Throws <see cref="MillError.NoRoom"/> where no node will do, <see cref="MillError.PreconditionFailed"/> after a restore, until somebody lets it run.</summary>
    public static AllocRecord Start(FleetDraft draft, PlacementView view, TaskSpec spec, TenantId tenant, string? by, int? deploy = null)
    {
        DeployRules.DemandResumed(draft.Fleet);
        var placing = view.Choose(spec.Container, null);
        if (placing.Node is not { } node) throw new MillException(MillError.NoRoom, $"The task \"{spec.Name}\" cannot start: {placing.Reason}.") { Hint = "See what the nodes have left: mill status" };
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
        if (!draft.Fleet.Allocs.TryGetValue(id, out var alloc) || alloc.Tenant != tenant) throw new MillException(MillError.NotFound, $"There is no task \"{id}\".") { Hint = "See which there are: mill ps --all" };
        if (alloc.Kind is not AllocKind.Task) throw new MillException(MillError.InvalidRequest, $"\"{id}\" is no task.") { Hint = $"To make the containers of a service anew: mill restart {alloc.Name}" };
        if (alloc.IsTerminal || alloc.IsStopping) return alloc;
        var stopping = alloc with { StopAskedAt = draft.Now, StopReason = "somebody ended it" };
        draft.Put(stopping);
        return stopping;
    }

    /// <summary>Starts what is due. What was missed is made up for once, and what finds no room as soon as there is some. One that is still at work is not joined by another.</summary>
    internal static void Schedule(FleetDraft draft, PlacementView view)
    {
        foreach (var task in draft.Fleet.Tasks.Values.Where(task => task.Spec.Schedule is not null))
        {
            if (task.ScheduledTo is null)
            {
                // A restored one begins anew.
                if (draft.IsFull) return;
                draft.Put(new TaskKey(task.Spec.Name), task with { ScheduledTo = draft.Now });
                continue;
            }
            if (CronSchedule.Next(task.Spec.Schedule!, task.ScheduledTo.Value.ToDateTimeOffset()) is not { } due || !draft.HasCome(Timestamp.From(due))) continue;
            if (draft.IsFull) return;
            var isAtWork = draft.Fleet.Allocs.Values.Any(alloc => alloc is { Kind: AllocKind.Task, IsTerminal: false } && alloc.Name == task.Spec.Name && alloc.Tenant == task.Tenant);
            var reason = isAtWork ? null : view.Choose(task.Spec.Container, null).Reason;
            if (reason is null && !isAtWork) Start(draft, view, task.Spec, task.Tenant, by: null, task.Deploy);
            // How much room is missing changes all the time; that it is missing is news once.
            if (reason is null) draft.Put(new TaskKey(task.Spec.Name), task with { ScheduledTo = draft.Now, Waits = null, SkippedAt = isAtWork ? Timestamp.From(due) : task.SkippedAt });
            else if (task.Waits is null) draft.Put(new TaskKey(task.Spec.Name), task with { Waits = reason });
        }
    }
}
