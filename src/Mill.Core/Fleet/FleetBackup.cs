using Mill.Core.Deploys;
using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>
/// What of a fleet goes into a backup: what is to run, not what ran. It is paused, because what it says may run elsewhere by the time it is restored; the deploys that are at work have ended, without what they had begun; schedules begin
/// anew; and numbers that are given after it are not given again.
/// </summary>
internal static class FleetBackup
{
    /// <summary>No cluster starts as many between two backups that anybody would restore.</summary>
    private const int NumbersLeftOut = 1_000_000;

    public static FleetState Of(FleetState fleet, Timestamp now)
    {
        if (fleet == FleetState.Empty) return fleet;
        var draft = new FleetDraft(fleet, now);
        foreach (var id in fleet.Allocs.Keys) draft.Remove(new AllocKey(id));
        foreach (var totals in fleet.TaskTotals.Values) draft.Remove(new TaskTotalsKey(totals.Tenant, totals.Name));
        foreach (var id in fleet.Nodes.Keys) draft.Remove(new NodeStateKey(id));
        foreach (var deploy in fleet.Deploying.Values) End(draft, deploy);
        foreach (var task in draft.Fleet.Tasks.Values) draft.Put(new TaskKey(task.Spec.Name), task with { ScheduledTo = null, Waits = null });
        draft.Put(new FleetKey(), fleet.Numbers with { IsPaused = !draft.Fleet.Services.IsEmpty || !draft.Fleet.Tasks.IsEmpty, NextAlloc = fleet.Numbers.NextAlloc + NumbersLeftOut });
        return draft.Fleet;
    }

    private static void End(FleetDraft draft, DeployRecord deploy)
    {
        DeployRules.Settle(draft, deploy);
        foreach (var service in draft.Fleet.Services.Values.Where(service => service.Deploy == deploy.Number && deploy.Steps.Any(step => step.Service == service.Spec.Name && !step.IsOver)))
        {
            if (service.Previous is { } before) draft.Put(service with { Spec = before.Spec, Version = before.Version, Deploy = before.Deploy, Previous = null });
            else draft.Remove(new ServiceKey(service.Spec.Name));
        }
        draft.Put(deploy with
        {
            EndedAt = draft.Now,
            Steps = [.. deploy.Steps.Select(step => step.IsOver ? step : step with { Phase = StepPhase.Failed, Since = draft.Now, EndedAt = draft.Now, Hook = null, Reason = "a backup was made meanwhile, and this is what it holds" })],
            Outcome = deploy.Spec is { } asked ? asked with { Services = [.. draft.Fleet.Services.Values.Where(service => service.Tenant == deploy.Tenant).Select(service => service.Spec)] } : null,
        });
    }
}
