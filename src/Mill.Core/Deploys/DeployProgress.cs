using Mill.Core.Fleet;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>
/// Brings the deploy that is at work one step on. It keeps nothing between two steps but what the state holds, so whoever leads next goes on where the one before stopped.
/// 1. Wait for the services that it refers to. 2. Run the hook before. 3. Make the record of the service the new one: its upkeep rolls it. 4. Run the hook after. Where any of it fails, make the record the old one again, and
/// wait until everything is as it was.
/// </summary>
internal sealed class DeployProgress(FleetDraft draft, PlacementView view, DeployRecord deploy)
{
    /// <summary>A large image on a slow line.</summary>
    private static readonly TimeSpan PullDeadline = TimeSpan.FromMinutes(15);

    private readonly ServiceUpkeep _upkeep = new(draft, view);

    /// <param name="unplaced">Why a service has too few replicas, by its name.</param>
    public void Advance(IReadOnlyDictionary<string, string> unplaced)
    {
        var steps = deploy.Steps.Select(step => step.IsOver ? step : Ended(step, Advance(step, unplaced.GetValueOrDefault(step.Service)))).ToList();
        if (steps.SequenceEqual(deploy.Steps) && !steps.TrueForAll(step => step.IsOver)) return;
        var isOver = steps.TrueForAll(step => step.IsOver);
        draft.Put(deploy with { Steps = steps, EndedAt = isOver ? draft.Now : null, Outcome = isOver && deploy.Spec is { } asked && steps.Exists(step => step.Phase is StepPhase.Failed) ? Outcome(asked) : null });
    }

    private static string Exited(AllocRecord alloc) => alloc.ExitCode is { } code ? FormattableString.Invariant($"{alloc.Id} ended with exit code {code}") : $"{alloc.Id} ended";

    private DeployStep Ended(DeployStep before, DeployStep after)
    {
        if (!after.IsOver || before.IsOver) return after;
        if (draft.Fleet.Services.TryGetValue(after.Service, out var service) && service.Previous is not null) draft.Put(service with { Previous = null });
        return after with { EndedAt = draft.Now };
    }

    /// <summary>What runs afterwards: what failed is as it was.</summary>
    private DeploySpec Outcome(DeploySpec asked) => asked with { Services = [.. draft.Fleet.Services.Values.Where(service => service.Tenant == deploy.Tenant).Select(service => service.Spec)] };

    private DeployStep Advance(DeployStep step, string? unplaced) => step.Phase switch
    {
        StepPhase.Waiting => Wait(step),
        StepPhase.Before => Hook(step, TargetOf(step)!.PreDeploy, () => Roll(step)),
        StepPhase.Rolling => Watch(step, unplaced),
        StepPhase.After => Hook(step, TargetOf(step)!.PostDeploy, () => step with { Phase = StepPhase.Done, Hook = null }),
        StepPhase.Restoring => Restore(step),
        _ => step,
    };

    private ServiceSpec? TargetOf(DeployStep step) => step.Kind switch
    {
        StepKind.Remove => null,
        StepKind.Restart => draft.Fleet.Services.GetValueOrDefault(step.Service)?.Spec,
        _ => deploy.Spec!.Services.First(service => service.Name == step.Service),
    };

    private DeployStep Wait(DeployStep step)
    {
        if (step.Kind is StepKind.Remove) return Roll(step);
        if (TargetOf(step) is not { } target) return step with { Phase = StepPhase.Failed, Reason = "the service is gone" };
        var needed = deploy.Steps.Where(other => target.Container.Services().Contains(other.Service)).ToList();
        if (needed.Find(other => other.Phase is StepPhase.Failed) is { } failed) return step with { Phase = StepPhase.Failed, Reason = $"it refers to the service \"{failed.Service}\", which failed" };
        if (needed.Exists(other => !other.IsOver)) return step;
        return target.PreDeploy is null || step.Kind is StepKind.Adjust or StepKind.Restart ? Roll(step) : step with { Phase = StepPhase.Before };
    }

    private DeployStep Hook(DeployStep step, HookSpec? hook, Func<DeployStep> next)
    {
        if (hook is null) return next();
        if (step.Hook is null) return Begin(step, hook);
        return draft.Fleet.Allocs.GetValueOrDefault(step.Hook) switch
        {
            { Status: AllocStatus.Stopped, ExitCode: 0 } => next() with { Hook = null },
            { IsTerminal: true } alloc => Fail(step, $"the hook failed: {alloc.Reason ?? Exited(alloc)}", alloc.LastLines),
            null => Fail(step, "the hook is gone", null),
            _ => step,
        };
    }

    private DeployStep Begin(DeployStep step, HookSpec hook)
    {
        var container = TargetOf(step)!.Container with { Command = hook.Command, Port = null };
        var placing = view.Choose(container, null);
        if (placing.Node is not { } node) return Fail(step, $"the hook cannot run: {placing.Reason}", null);
        var alloc = new AllocRecord
        {
            Id = draft.NewAllocId($"{step.Service}-hook"),
            Name = step.Service,
            Kind = AllocKind.Hook,
            Tenant = deploy.Tenant,
            Node = node,
            Version = 0,
            Container = container,
            Timeout = hook.Timeout,
            Deploy = deploy.Number,
            CreatedAt = draft.Now,
            Status = AllocStatus.Pulling,
        };
        draft.Put(alloc);
        view.Add(alloc);
        return step with { Hook = alloc.Id };
    }

    /// <summary>Makes the record of the service the new one. Its number is its version: no two deploys share one.</summary>
    private DeployStep Roll(DeployStep step)
    {
        var before = draft.Fleet.Services.GetValueOrDefault(step.Service);
        if (TargetOf(step) is not { } target) draft.Remove(new ServiceKey(step.Service));
        else draft.Put(new ServiceRecord
        {
            Tenant = deploy.Tenant,
            Spec = target,
            Version = step.Kind is StepKind.Adjust ? before!.Version : deploy.Number,
            Previous = before is null ? null : new(before.Spec, before.Version, before.Deploy),
            Deploy = deploy.Number,
        });
        return step with { Phase = StepPhase.Rolling };
    }

    private DeployStep Watch(DeployStep step, string? unplaced)
    {
        var allocs = draft.Fleet.AllocsOf(step.Service).ToList();
        if (!draft.Fleet.Services.TryGetValue(step.Service, out var service)) return allocs.TrueForAll(alloc => alloc.IsTerminal) ? step with { Phase = StepPhase.Done } : step;
        var fresh = allocs.FindAll(alloc => alloc.Deploy == deploy.Number && alloc.Version == service.Version);
        foreach (var alloc in fresh)
        {
            if (WhyBad(alloc, service) is { } reason) return Fail(step, reason, alloc.LastLines);
        }
        // What ends soon makes room.
        if (unplaced is not null && !draft.Fleet.Allocs.Values.Any(alloc => alloc is { IsStopping: true, IsTerminal: false })) return Fail(step, unplaced, null);
        var good = allocs.Count(alloc => alloc.IsWanted && _upkeep.IsCurrent(alloc, service) && _upkeep.IsGood(alloc, service.Spec.Update.HealthyFor));
        if (good < service.Spec.Replicas || allocs.Exists(alloc => !alloc.IsTerminal && (!_upkeep.IsCurrent(alloc, service) || alloc.IsStopping))) return step;
        return service.Spec.PostDeploy is null || step.Kind is StepKind.Adjust or StepKind.Restart ? step with { Phase = StepPhase.Done } : step with { Phase = StepPhase.After };
    }

    /// <summary>Why a new version does not do; null for as long as it may.</summary>
    private string? WhyBad(AllocRecord alloc, ServiceRecord service)
    {
        var update = service.Spec.Update;
        if (alloc.IsLost || alloc.IsStopping) return null;
        if (alloc.Status is AllocStatus.Failed) return $"{alloc.Id} failed: {alloc.Reason ?? Exited(alloc)}";
        if (alloc.IsTerminal) return $"{alloc.Id} does not go on: {Exited(alloc)}";
        if (alloc is { Restarts: > 0 } && !_upkeep.IsGood(alloc, update.HealthyFor)) return alloc.Reason ?? Exited(alloc);
        if (_upkeep.IsGood(alloc, update.HealthyFor)) return null;
        if (alloc.StartedAt is { } started) return draft.HasCome(started + update.Deadline + update.HealthyFor) ? $"{alloc.Id} was not healthy within {Duration.Format(update.Deadline)}{Why(alloc)}" : null;
        return draft.HasCome(alloc.CreatedAt + PullDeadline) ? $"{alloc.Id} did not start within {Duration.Format(PullDeadline)}{Why(alloc)}" : null;
    }

    private static string Why(AllocRecord alloc) => alloc.Reason is null ? "" : $": {alloc.Reason}";

    private DeployStep Fail(DeployStep step, string reason, IReadOnlyList<string>? lines)
    {
        var failed = step with { Phase = StepPhase.Restoring, Reason = reason, LastLines = lines, Hook = null };
        // Before the service is rolled there is nothing to restore.
        if (step.Phase is StepPhase.Before or StepPhase.Waiting) return failed with { Phase = StepPhase.Failed };
        if (draft.Fleet.Services.TryGetValue(step.Service, out var service))
        {
            if (service.Previous is { } before) draft.Put(service with { Spec = before.Spec, Version = before.Version, Deploy = before.Deploy, Previous = null });
            else draft.Remove(new ServiceKey(step.Service));
        }
        return failed;
    }

    /// <summary>As before, or as near to it as can be: the old version may have its own troubles by now.</summary>
    private DeployStep Restore(DeployStep step)
    {
        var allocs = draft.Fleet.AllocsOf(step.Service).Where(alloc => !alloc.IsTerminal).ToList();
        if (!draft.Fleet.Services.TryGetValue(step.Service, out var service)) return allocs.Count is 0 ? step with { Phase = StepPhase.Failed } : step;
        if (allocs.Exists(alloc => !_upkeep.IsCurrent(alloc, service) && alloc.Deploy == deploy.Number)) return step;
        var settled = allocs.Count(alloc => alloc.IsWanted && _upkeep.IsCurrent(alloc, service) && (alloc.Status is AllocStatus.Healthy || draft.HasCome(alloc.CreatedAt + service.Spec.Update.Deadline)));
        return settled >= service.Spec.Replicas ? step with { Phase = StepPhase.Failed } : step;
    }
}
