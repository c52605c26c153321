using Mill.Client.Contracts;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Server.Api.Fleet;

/// <summary>Plans and deploys as answers.</summary>
internal static class DeployViews
{
    public static PlanResponse ToResponse(DeployPlan plan, FleetView view, ClusterState seen) => new(
        [
            .. plan.Services.Select(service => new PlannedServiceItem
            {
                Name = service.Name,
                Kind = FleetTexts.Of(service.Kind),
                Differences = [.. service.Differences.Select(ToItem)],
                Nodes = [.. service.Nodes.Where(placing => placing.Node is not null).Select(placing => view.NameOf(seen, placing.Node!.Value))],
                Order = service is { Kind: StepKind.Change, Spec.Update.Order: UpdateOrder.StopFirst } ? FleetTexts.Of(UpdateOrder.StopFirst) : null,
                Routes = service is { Kind: StepKind.Add, Spec.Routes: { Count: > 0 } routes } ? [.. routes.Select(route => new PlannedRouteItem(route.Host, route.Path, Served: false))] : null,
                Volumes = service is { Kind: StepKind.Add, Spec.Container.Volumes: { Count: > 0 } volumes } ? [.. volumes.Select(volume => new PlannedVolumeItem(volume.Name, volume.Path, volume.Size, volume.IsEphemeral))] : null,
                Unplaced = service.Nodes.Select(placing => placing.Reason).FirstOrDefault(reason => reason is not null),
            }),
        ],
        [.. plan.Tasks.Select(task => new PlannedTaskItem { Name = task.Name, Kind = FleetTexts.Of(task.Kind), Differences = [.. task.Differences.Select(ToItem)] })]);

    public static DeployResponse ToResponse(DeployRecord deploy, FleetView view, ClusterState seen, LiveView live)
    {
        var started = seen.Fleet.Allocs.Values.Where(alloc => alloc.Deploy == deploy.Number && alloc.Kind is not AllocKind.Task).ToLookup(alloc => alloc.Name, StringComparer.Ordinal);
        return new()
        {
            Number = deploy.Number,
            By = deploy.By,
            Kind = FleetTexts.Of(deploy.Kind),
            BackTo = deploy.BackTo,
            StartedAt = deploy.StartedAt.ToDateTimeOffset(),
            EndedAt = FleetTexts.Time(deploy.EndedAt),
            Outcome = FleetTexts.OutcomeOf(deploy),
            Steps = [.. deploy.Steps.Select(step => ToItem(step, [.. started[step.Service].OrderBy(alloc => alloc.CreatedAt).Select(alloc => ToItem(alloc, view.NameOf(seen, alloc.Node), live))]))],
        };
    }

    /// <summary>Whether there is something of which nobody is told but by <see cref="LiveView"/>.</summary>
    public static bool IsPulling(DeployRecord deploy, FleetState fleet) => fleet.Allocs.Values.Any(alloc => alloc.Deploy == deploy.Number && alloc.Status is AllocStatus.Pulling);

    private static DeployStepItem ToItem(DeployStep step, IReadOnlyList<DeployAllocItem> allocs) => new()
    {
        Service = step.Service,
        Kind = FleetTexts.Of(step.Kind),
        Phase = FleetTexts.Of(step.Phase),
        Since = step.Since.ToDateTimeOffset(),
        EndedAt = FleetTexts.Time(step.EndedAt),
        Reason = step.Reason,
        Waits = step.Waits,
        LastLines = step.LastLines,
        Allocs = allocs,
    };

    private static DeployAllocItem ToItem(AllocRecord alloc, string node, LiveView live) => new()
    {
        Id = alloc.Id,
        Kind = FleetTexts.Of(alloc.Kind),
        Node = node,
        Status = FleetTexts.Of(alloc.Status),
        Reason = alloc.Reason,
        Pull = alloc.Status is AllocStatus.Pulling && live.PullOf(alloc.Id) is { } pull ? new(pull.Done, pull.Total) : null,
    };

    private static DifferenceItem ToItem(SpecDifference difference) => new(difference.Path, difference.Before, difference.After);
}
