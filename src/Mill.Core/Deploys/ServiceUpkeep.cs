using Mill.Core.Fleet;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>
/// Sees to it that a service runs as its record says: as many replicas as it has, of its version, on nodes that are there to stay. A rolling update, a move away from a node that is to be empty, a new
/// count and a lost node are one and the same to it: what is not as it should be is replaced, new before old, or, where the service wants it so, old before new.
/// </summary>
public sealed class ServiceUpkeep(FleetDraft draft, PlacementView view)
{
    private static readonly TimeSpan[] Backoff = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)];

    /// <summary>Failures before that are forgotten.</summary>
    private static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(10);

    /// <summary>Of the drain; less, and the node is about to end it.</summary>
    private static readonly TimeSpan LeastToTakeBack = TimeSpan.FromMilliseconds(500);

    private readonly AllocTimes _times = new(draft);

    /// <summary>How long to wait after so many failures in a row, one or more.</summary>
    public static TimeSpan PauseAfter(int failures) => Backoff[Math.Min(failures, Backoff.Length) - 1];

    /// <returns>Why there are not enough, where no node will do; null otherwise.</returns>
    internal string? Keep(string name)
    {
        if (!draft.Fleet.Services.TryGetValue(name, out var service))
        {
            foreach (var alloc in Wanted(name).TakeWhile(_ => !draft.IsFull)) Stop(alloc, "the service was removed", TimeSpan.Zero);
            return null;
        }
        var isRestoring = draft.Fleet.Deploying.Values.Any(deploy => deploy.Steps.Any(step => step.Service == name && step.Phase is StepPhase.Restoring));
        if (isRestoring) TakeBack(service);
        var (replicas, update) = (service.Spec.Replicas, service.Spec.Update);
        var current = Wanted(name).FindAll(alloc => IsCurrent(alloc, service));
        var outdated = Outdated(service);
        var good = current.FindAll(alloc => _times.IsGood(alloc, update));

        var needed = Needed(service, outdated, good.Count);
        var ahead = update.Order is UpdateOrder.StopFirst ? update.MaxParallel : 0;
        var atOnce = outdated.Count > 0 ? update.MaxParallel : replicas;
        var missing = Math.Min(replicas - current.Count, atOnce - current.Count(alloc => !good.Contains(alloc) && IsOnItsWayUp(alloc, service)));
        if (ahead > 0) missing = Math.Min(missing, Math.Max(replicas, needed) - Present(name));
        var reason = missing > 0 ? Start(service, missing) : null;

        // The healthy ones serve until others do, but for those that end ahead of them; those that are not healthy are the first to go.
        var kept = Math.Max(0, needed - good.Count - ahead);
        if (ahead > 0 && !isRestoring && kept < outdated.Count)
        {
            var (count, why) = MayEnd(service, outdated[kept..], needed);
            (kept, reason) = (outdated.Count - count, why ?? reason);
        }
        foreach (var alloc in outdated)
        {
            if (kept > 0 && !(isRestoring && alloc.Status is not AllocStatus.Healthy)) kept--;
            else if (!draft.IsFull) Stop(alloc, "another took its place", update.Drain);
        }
        foreach (var alloc in current.OrderByDescending(good.Contains).ThenBy(alloc => alloc.CreatedAt).ThenBy(alloc => alloc.Id, StringComparer.Ordinal).Skip(replicas).TakeWhile(_ => !draft.IsFull)) Stop(alloc, "there were more than the service has", update.Drain);
        return reason;
    }

    /// <summary>Of the right version, and on a node that may keep it.</summary>
    internal bool IsCurrent(AllocRecord alloc, ServiceRecord service) => alloc.Version == service.Version && !IsOnItsWayOut(alloc);

    /// <summary>What is to be replaced. The last of them is the first to go.</summary>
    internal List<AllocRecord> Outdated(ServiceRecord service) =>
        [.. Wanted(service.Spec.Name).Where(alloc => !IsCurrent(alloc, service)).OrderByDescending(alloc => alloc.Status is AllocStatus.Healthy).ThenBy(IsOnItsWayOut).ThenBy(alloc => alloc.CreatedAt).ThenBy(alloc => alloc.Id, StringComparer.Ordinal)];

    /// <summary>It is to end; what it has begun may come to its end first, where it served anybody.</summary>
    internal void Stop(AllocRecord alloc, string reason, TimeSpan drain) =>
        Put(alloc, alloc with { StopAskedAt = draft.Now, Drain = alloc.Status is AllocStatus.Healthy && drain > TimeSpan.Zero ? drain : null, StopReason = reason });

    private void Put(AllocRecord before, AllocRecord after)
    {
        view.Remove(before);
        draft.Put(after);
        view.Add(after);
    }

    /// <summary>What was to end still serves: nothing better will do in its place.</summary>
    private void TakeBack(ServiceRecord service)
    {
        var allocs = draft.Fleet.AllocsOf(service.Spec.Name).Where(alloc => IsCurrent(alloc, service)).ToList();
        var drained = allocs.Where(alloc => alloc is { Status: AllocStatus.Healthy, StopAskedAt: { } asked, Drain: { } drain } && draft.Now < asked + drain - LeastToTakeBack);
        foreach (var alloc in drained.OrderBy(alloc => alloc.CreatedAt).Take(service.Spec.Replicas - allocs.Count(alloc => alloc.IsWanted)).ToList())
        {
            if (!draft.IsFull) Put(alloc, alloc with { StopAskedAt = null, Drain = null, StopReason = null });
        }
    }

    private bool IsOnItsWayOut(AllocRecord alloc) => draft.Fleet.Nodes.GetValueOrDefault(alloc.Node) is not { IsDraining: false };

    /// <summary>Whatever runs of it, or may.</summary>
    private int Present(string name) => draft.Fleet.AllocsOf(name).Count(alloc => !alloc.IsTerminal && !(alloc.IsStopping && _times.IsOverdue(alloc)));

    /// <summary>How many of those that would end ahead of what takes their place may, the last of them first: for all that starts then, there is room. Where none may, why.</summary>
    private (int Count, string? Reason) MayEnd(ServiceRecord service, List<AllocRecord> leaving, int needed)
    {
        var wanted = Wanted(service.Spec.Name);
        var (missing, free) = (service.Spec.Replicas - wanted.Count(alloc => IsCurrent(alloc, service)), Math.Max(service.Spec.Replicas, needed) - wanted.Count);
        string? reason = null;
        for (var count = leaving.Count; count > 0; count--)
        {
            var after = new PlacementView(draft.Fleet);
            foreach (var alloc in draft.Fleet.AllocsOf(service.Spec.Name).Where(alloc => alloc is { IsTerminal: false, IsStopping: true } && !_times.IsOverdue(alloc)).Concat(leaving.TakeLast(count))) after.Remove(alloc);
            if (Forecast.Place(after, service.Spec, [], Math.Min(missing, free + count)) is not [.., { Node: null } last]) return (count, null);
            reason = last.Reason;
        }
        return (0, reason);
    }

    /// <summary>It may become good yet. One that has had its chance does not keep others from theirs, but where its deploy is about to be judged by it.</summary>
    private bool IsOnItsWayUp(AllocRecord alloc, ServiceRecord service) =>
        (alloc.Deploy is { } number && draft.Fleet.Deploying.ContainsKey(number)) || (alloc.Restarts is 0 && !draft.HasCome(AllocTimes.DeadlineOf(alloc, service.Spec.Update)));

    /// <summary>How many have to serve before one more of the old ones goes.</summary>
    private int Needed(ServiceRecord service, List<AllocRecord> outdated, int good)
    {
        var replicas = service.Spec.Replicas;
        // A roll to fewer replicas stops none of the old before there are enough of the new.
        if (service.Previous is { } before) return good < replicas ? Math.Max(replicas, before.Spec.Replicas) : replicas;
        if (outdated.Count is 0 || outdated.Exists(alloc => alloc.Version != service.Version)) return replicas;
        // A move waits for as many as there were when it began: one that was in trouble before does not hold it up.
        var since = outdated.Max(alloc => draft.Fleet.Nodes.GetValueOrDefault(alloc.Node)?.Since ?? draft.Now);
        return Math.Min(replicas, draft.Fleet.AllocsOf(service.Spec.Name).Count(alloc =>
            alloc.CreatedAt <= since && ((alloc.Status is AllocStatus.Healthy && alloc.HealthyAt <= since) || alloc.LastHealthyAt > since)));
    }

    private List<AllocRecord> Wanted(string name) => [.. draft.Fleet.AllocsOf(name).Where(alloc => alloc.IsWanted)];

    private string? Start(ServiceRecord service, int count)
    {
        var failed = FailedLately(service);
        if (failed.Count > 0 && !draft.HasCome(failed.Max(alloc => alloc.EndedAt!.Value) + PauseAfter(failed.Count))) return null;
        var avoided = failed.Select(alloc => alloc.Node).ToHashSet();
        for (; count > 0 && !draft.IsFull; count--)
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

    /// <summary>Those of this version that failed by themselves a short while ago.</summary>
    internal List<AllocRecord> FailedLately(ServiceRecord service) =>
        [.. draft.Fleet.AllocsOf(service.Spec.Name).Where(alloc => alloc.Version == service.Version && alloc is { Status: AllocStatus.Failed, IsLost: false, EndedAt: { } ended } && ended > draft.Now - FailureWindow)];
}
