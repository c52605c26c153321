using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Simulation.Fleet;

/// <summary>Looks at every state that some agent sees, one after the other, and says what must not be.</summary>
internal sealed class FleetAudit
{
    private readonly List<string> _faults = [];
    private FleetState _last = FleetState.Empty;
    private long _revision;

    public IReadOnlyList<string> Faults => _faults;

    public void See(ClusterState state)
    {
        if (state.Revision <= _revision || ReferenceEquals(state.Fleet, _last)) return;
        var (before, now) = (_last, state.Fleet);
        (_last, _revision) = (now, state.Revision);
        foreach (var tenant in now.Deploys.Values.Where(deploy => !deploy.IsOver).CountBy(deploy => deploy.Tenant).Where(tenant => tenant.Value > 1)) _faults.Add($"{_revision}: two deploys of {tenant.Key} are at work");
        foreach (var alloc in before.Allocs.Values.Where(alloc => alloc.IsTerminal && now.Allocs.GetValueOrDefault(alloc.Id) is { IsTerminal: false })) _faults.Add($"{_revision}: {alloc.Id} came back");
        foreach (var node in now.Nodes.Values)
        {
            var taken = now.Allocs.Values.Where(alloc => !alloc.IsTerminal && alloc.Node == node.Node).Sum(alloc => alloc.Container.Cpu);
            if (taken > node.Cpu) _faults.Add($"{_revision}: {node.Node} has more than it can take");
        }
        foreach (var name in before.Services.Keys.Intersect(now.Services.Keys))
        {
            if (IsStopFirst(before, name) || IsStopFirst(now, name)) SeeOrder(name, before, now, state.CommitTime);
            else SeeService(name, before, now);
        }
    }

    private static bool IsStopFirst(FleetState fleet, string name) => fleet.Services[name].Spec.Update.Order is UpdateOrder.StopFirst;

    /// <summary>Of what ends before its successor starts, no more are there than it has replicas wherever one more was started. What was asked to end long ago is not heard of any more, and not waited for.</summary>
    private void SeeOrder(string name, FleetState before, FleetState now, Timestamp at)
    {
        var service = now.Services[name];
        if (before.Services[name] != service || !now.AllocsOf(name).Any(alloc => alloc.IsWanted && alloc.Version == service.Version && !before.Allocs.ContainsKey(alloc.Id))) return;
        var present = now.AllocsOf(name).Where(alloc => !alloc.IsTerminal && (alloc.StopAskedAt is not { } asked || at < asked + TimeSpan.FromMinutes(1))).ToList();
        if (present.Count > Math.Max(service.Spec.Replicas, service.Previous?.Spec.Replicas ?? 0)) _faults.Add($"{_revision}: too many of {name} are there: {string.Join(", ", present.Select(alloc => $"{alloc.Id} {alloc.Status}"))}");
    }

    /// <summary>What serves goes on serving through bad deploys, moves, new leaders and agents that were away: here only a lost node takes anything.</summary>
    private void SeeService(string name, FleetState before, FleetState now)
    {
        if (!Serving(before, name).Any() || Serving(now, name).Any()) return;
        var isLost = now.AllocsOf(name).Any(alloc => alloc.IsLost && before.Allocs.GetValueOrDefault(alloc.Id) is { IsLost: false });
        var isRemoved = now.Deploys.Values.Any(deploy => deploy.Steps.Any(step => step.Service == name && step.Kind is StepKind.Remove) && before.Deploys.GetValueOrDefault(deploy.Number) is not { IsOver: true });
        if (!isLost && !isRemoved) _faults.Add($"{_revision}: {name} does not serve any more, and lost no node: {string.Join(", ", now.AllocsOf(name).Select(alloc => $"{alloc.Id} {alloc.Status} {alloc.StopReason ?? alloc.Reason}"))}");
    }

    /// <summary>What is draining still serves those whom it serves, and nobody new.</summary>
    private static IEnumerable<AllocRecord> Serving(FleetState fleet, string name) => fleet.AllocsOf(name).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false });
}
