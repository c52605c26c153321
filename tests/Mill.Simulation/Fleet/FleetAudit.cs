using Mill.Core.Fleet;
using Mill.Core.Model;

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
        if (now.Deploys.Values.Count(deploy => !deploy.IsOver) > 1) _faults.Add($"{_revision}: two deploys are at work");
        foreach (var alloc in before.Allocs.Values.Where(alloc => alloc.IsTerminal && now.Allocs.GetValueOrDefault(alloc.Id) is { IsTerminal: false })) _faults.Add($"{_revision}: {alloc.Id} came back");
        foreach (var node in now.Nodes.Values)
        {
            var taken = now.Allocs.Values.Where(alloc => !alloc.IsTerminal && alloc.Node == node.Node).Sum(alloc => alloc.Container.Cpu);
            if (taken > node.Cpu) _faults.Add($"{_revision}: {node.Node} has more than it can take");
        }
        foreach (var name in before.Services.Keys.Intersect(now.Services.Keys)) SeeService(name, before, now);
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
