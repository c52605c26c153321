using Mill.Core.Fleet;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>
/// Brings the deploy that is at work one step on. It keeps nothing between two steps but what the state holds, so whoever leads next goes on where the one before stopped.
/// 1. Make tasks and registries what it says. 2. Fetch the images. 3. Wait for the services that a service refers to. 4. Run the hook before. 5. Make the record of the service the new one: its upkeep rolls it. 6. Run the hook after. Where any of it fails, or somebody wants it to stop, make the
/// record the old one again, and wait until everything is as it was. Each of it ends, whatever the nodes do: its tenant cannot deploy meanwhile.
/// </summary>
internal sealed class DeployProgress(FleetDraft draft, PlacementView view, DeployRecord deploy)
{
    /// <summary>Until then, what was before should be back, and if it is not, an operator has to know.</summary>
    private static readonly TimeSpan RestoreDeadline = TimeSpan.FromMinutes(5);

    /// <summary>So many failures of what was before.</summary>
    private const int HopelessAfter = 3;

    /// <summary>Of all steps of a deploy together, in characters.</summary>
    private const int MostOfLines = 30_000;

    private readonly ServiceUpkeep _upkeep = new(draft, view);
    private readonly AllocTimes _times = new(draft);
    private readonly ImagePulls _pulls = new(draft, deploy);

    /// <param name="unplaced">Why a service has too few replicas, by its name.</param>
    public void Advance(IReadOnlyDictionary<string, string> unplaced)
    {
        DeployRules.Settle(draft, deploy);
        if (draft.IsFull) return;
        var steps = deploy.Steps.ToList();
        for (var i = 0; i < steps.Count; i++)
        {
            if (!steps[i].IsOver && !draft.IsFull) steps[i] = Bounded(steps, Noted(steps[i], Next(steps[i], unplaced.GetValueOrDefault(steps[i].Service))));
        }
        var isOver = steps.TrueForAll(step => step.IsOver);
        if (isOver) _pulls.Stop(_upkeep);
        if (!isOver && steps.SequenceEqual(deploy.Steps)) return;
        draft.Put(deploy with { Steps = steps, EndedAt = isOver ? draft.Now : null, Outcome = isOver && deploy.Spec is { } asked && steps.Exists(step => step.Phase is StepPhase.Failed) ? Outcome(asked) : null });
    }

    private static string Exited(AllocRecord alloc) => alloc.ExitCode is { } code ? FormattableString.Invariant($"{alloc.Id} ended with exit code {code}") : $"{alloc.Id} ended";

    private static string Why(AllocRecord alloc) => alloc.Reason is null ? "" : $": {alloc.Reason}";

    /// <summary>The lines of the first that failed are the ones that count.</summary>
    private static DeployStep Bounded(List<DeployStep> steps, DeployStep after) =>
        after.LastLines is { } lines && steps.Where(step => step.Service != after.Service).Sum(LengthOf) + LengthOf(after) > MostOfLines ? after with { LastLines = lines.Count > 1 ? [lines[^1]] : null } : after;

    private static int LengthOf(DeployStep step) => step.LastLines?.Sum(line => line.Length) ?? 0;

    private DeployStep Noted(DeployStep before, DeployStep after)
    {
        if (after.Phase == before.Phase) return after;
        after = after with { Waits = null };
        if (!after.IsOver) return after with { Since = draft.Now };
        if (draft.Fleet.Services.TryGetValue(after.Service, out var service) && service.Previous is not null) draft.Put(service with { Previous = null });
        return after with { Since = draft.Now, EndedAt = draft.Now };
    }

    /// <summary>What runs afterwards: what failed is as it was.</summary>
    private DeploySpec Outcome(DeploySpec asked) => asked with { Services = [.. draft.Fleet.Services.Values.Where(service => service.Tenant == deploy.Tenant).Select(service => service.Spec)] };

    private DeployStep Next(DeployStep step, string? unplaced)
    {
        // What is being removed has no record any more to bring back.
        var canGoBack = step.Phase is not StepPhase.Restoring && !(step is { Kind: StepKind.Remove, Phase: StepPhase.Rolling });
        if (deploy.AbortedBy is { } by && canGoBack) return Fail(step, $"{by} stopped the deploy", null);
        return step.Phase switch
        {
            StepPhase.Waiting => Wait(step),
            StepPhase.Pulling => Pull(step),
            StepPhase.Before => Hook(step, TargetOf(step)!.PreDeploy, () => Roll(step)),
            StepPhase.Rolling => Watch(step, unplaced),
            StepPhase.After => Hook(step, TargetOf(step)!.PostDeploy, () => step with { Phase = StepPhase.Done, Hook = null }),
            StepPhase.Restoring => Restore(step, unplaced),
            _ => step,
        };
    }

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
        // Where nothing runs, the replicas themselves fetch it, all at once.
        if (step is { IsPulled: false, Kind: StepKind.Change or StepKind.Restart })
        {
            _pulls.Begin(target);
            return step with { Phase = StepPhase.Pulling };
        }
        var needed = deploy.Steps.Where(other => target.Container.Services().Contains(other.Service)).ToList();
        if (needed.Find(other => other.Phase is StepPhase.Failed) is { } failed) return step with { Phase = StepPhase.Failed, Reason = $"it refers to the service \"{failed.Service}\", which failed" };
        if (needed.Exists(other => !other.IsOver)) return step;
        return target.PreDeploy is null || step.Kind is StepKind.Adjust or StepKind.Restart ? Roll(step) : step with { Phase = StepPhase.Before };
    }

    private DeployStep Pull(DeployStep step)
    {
        if (TargetOf(step) is not { } target) return step with { Phase = StepPhase.Failed, Reason = "the service is gone" };
        if (_pulls.WhyNot(target) is { } reason) return Fail(step, reason, null);
        return _pulls.AreDone(target) ? Wait(step with { Phase = StepPhase.Waiting, IsPulled = true }) : step;
    }

    private DeployStep Hook(DeployStep step, HookSpec? hook, Func<DeployStep> next)
    {
        if (hook is null) return next();
        if (step.Hook is null) return Begin(step, hook);
        return draft.Fleet.Allocs.GetValueOrDefault(step.Hook) switch
        {
            { Status: AllocStatus.Stopped, ExitCode: 0, IsStopping: false } => next() with { Hook = null },
            { IsTerminal: true } alloc => Fail(step, $"{HookOf(step)} failed: {alloc.Reason ?? Exited(alloc)}", alloc.LastLines),
            null => Fail(step, $"{HookOf(step)} is gone", null),
            { } alloc when _times.IsOverdue(alloc) => Fail(step, $"{HookOf(step)} failed: nothing was heard of {alloc.Id} for too long", alloc.LastLines),
            _ => step,
        };
    }

    /// <summary>As the file has it.</summary>
    private static string HookOf(DeployStep step) => step.Phase is StepPhase.Before ? "pre_deploy" : "post_deploy";

    private DeployStep Begin(DeployStep step, HookSpec hook)
    {
        var target = TargetOf(step)!;
        var container = target.Container with { Command = hook.Command, Port = null };
        var placing = view.Choose(container, null);
        // What ends soon makes room.
        if (placing.Node is not { } node) return draft.HasCome(step.Since + target.Update.Deadline) ? Fail(step, $"{HookOf(step)} cannot run: {placing.Reason}", null) : step with { Waits = step.Waits ?? placing.Reason };
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
        return step with { Hook = alloc.Id, Waits = null };
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
        if (!draft.Fleet.Services.TryGetValue(step.Service, out var service)) return allocs.TrueForAll(HasEnded) ? step with { Phase = StepPhase.Done } : step;
        var (fresh, update) = (allocs.FindAll(alloc => alloc.Deploy == deploy.Number && alloc.Version == service.Version), service.Spec.Update);
        foreach (var alloc in fresh)
        {
            if (WhyBad(alloc, update) is { } reason) return Fail(step, reason, alloc.LastLines);
        }
        if (unplaced is not null && !MayFindPlace(step.Service)) return Fail(step, unplaced, null);
        // Those that are not of this deploy may be in trouble: that is nothing it could mend or make worse.
        var good = allocs.Count(alloc => alloc.IsWanted && _upkeep.IsCurrent(alloc, service) && (alloc.Deploy != deploy.Number || _times.IsGood(alloc, update)));
        if (good < service.Spec.Replicas || allocs.Exists(alloc => !HasEnded(alloc) && (!_upkeep.IsCurrent(alloc, service) || alloc.IsStopping)))
        {
            return draft.HasCome(step.Since + AllocTimes.LongestRoll(service.Spec)) ? Fail(step, "it took too long", null) : step;
        }
        return service.Spec.PostDeploy is null || step.Kind is StepKind.Adjust or StepKind.Restart ? step with { Phase = StepPhase.Done } : step with { Phase = StepPhase.After };
    }

    private bool HasEnded(AllocRecord alloc) => alloc.IsTerminal || (alloc.IsStopping && _times.IsOverdue(alloc));

    /// <summary>Whether there is a place as soon as what is to end has ended. What ends where that is of no use is not waited for: somebody always ends something somewhere.</summary>
    private bool MayFindPlace(string name)
    {
        // An engine that is away is back within minutes, or what runs there is given up.
        if (draft.Fleet.AllocsOf(name).Any(alloc => !alloc.IsTerminal && draft.Fleet.Nodes.GetValueOrDefault(alloc.Node) is { NotReady: not null })) return true;
        var ending = draft.Fleet.Allocs.Values.Where(alloc => alloc.IsStopping && !HasEnded(alloc)).ToList();
        if (ending.Count is 0 || !draft.Fleet.Services.TryGetValue(name, out var service)) return false;
        // What ends ahead of it is asked to only where that is enough.
        var ahead = service.Spec.Update.Order is UpdateOrder.StopFirst ? _upkeep.Outdated(service).TakeLast(1) : [];
        var after = new PlacementView(draft.Fleet);
        foreach (var alloc in ending.Concat(ahead)) after.Remove(alloc);
        return after.Choose(service.Spec.Container, name).Node is not null;
    }

    /// <summary>Why a new version does not do; null for as long as it may.</summary>
    private string? WhyBad(AllocRecord alloc, UpdateSpec update)
    {
        if (alloc.IsLost || alloc.IsStopping) return null;
        if (alloc.Status is AllocStatus.Failed) return $"{alloc.Id} failed: {alloc.Reason ?? Exited(alloc)}";
        if (alloc.IsTerminal) return $"{alloc.Id} does not go on: {Exited(alloc)}";
        if (_times.IsGood(alloc, update)) return null;
        if (alloc is { Restarts: > 0 }) return alloc.Reason ?? Exited(alloc);
        if (!draft.HasCome(AllocTimes.DeadlineOf(alloc, update))) return null;
        return alloc.StartedAt is null ? $"{alloc.Id} did not start within {Duration.Format(AllocTimes.PullDeadline)}{Why(alloc)}" : $"{alloc.Id} was not healthy within {Duration.Format(AllocTimes.LengthOf(alloc, update))}{Why(alloc)}";
    }

    private DeployStep Fail(DeployStep step, string reason, IReadOnlyList<string>? lines)
    {
        if (step.Hook is { } hook && draft.Fleet.Allocs.GetValueOrDefault(hook) is { IsWanted: true } alloc) _upkeep.Stop(alloc, "its deploy has failed", TimeSpan.Zero);
        var failed = step with { Phase = StepPhase.Restoring, Reason = reason, LastLines = lines, Hook = null };
        // Before the service is rolled there is nothing to restore.
        if (step.Phase is StepPhase.Before or StepPhase.Waiting or StepPhase.Pulling) return failed with { Phase = StepPhase.Failed };
        if (draft.Fleet.Services.TryGetValue(step.Service, out var service))
        {
            if (service.Previous is { } before) draft.Put(service with { Spec = before.Spec, Version = before.Version, Deploy = before.Deploy, Previous = null });
            else draft.Remove(new ServiceKey(step.Service));
        }
        return failed;
    }

    /// <summary>As before, or as near to it as can be: the old version may have its own troubles by now.</summary>
    private DeployStep Restore(DeployStep step, string? unplaced)
    {
        if (WhyNotRestored(step, unplaced) is not { } reason) return step with { Phase = StepPhase.Failed };
        var isHopeless = (unplaced is not null && !MayFindPlace(step.Service)) || FailedSince(step).Count >= HopelessAfter;
        return isHopeless || draft.HasCome(step.Since + RestoreDeadline) ? step with { Phase = StepPhase.Failed, Reason = $"{step.Reason}; not restored: {reason}" } : step;
    }

    private string? WhyNotRestored(DeployStep step, string? unplaced)
    {
        var allocs = draft.Fleet.AllocsOf(step.Service).ToList();
        var service = draft.Fleet.Services.GetValueOrDefault(step.Service);
        var left = allocs.Find(alloc => !HasEnded(alloc) && alloc.Version != service?.Version && (service is null || alloc.Deploy == deploy.Number));
        // What was in trouble before the deploy may be so still, and what is on a node that is to be empty serves there.
        var settled = allocs.Count(alloc => alloc.IsWanted && alloc.Version == service?.Version && (alloc.Status is AllocStatus.Healthy || alloc.CreatedAt < deploy.StartedAt));
        if (service is null || settled >= service.Spec.Replicas) return left is null ? null : $"{left.Id} has not ended";
        return unplaced ?? FailedSince(step).MaxBy(alloc => alloc.EndedAt!.Value) switch
        {
            { } alloc => $"{alloc.Id} failed: {alloc.Reason ?? Exited(alloc)}",
            null => FormattableString.Invariant($"{settled} of {service.Spec.Replicas} replicas are healthy"),
        };
    }

    private List<AllocRecord> FailedSince(DeployStep step) =>
        draft.Fleet.Services.TryGetValue(step.Service, out var service) ? _upkeep.FailedLately(service).FindAll(alloc => alloc.EndedAt >= step.Since) : [];
}
