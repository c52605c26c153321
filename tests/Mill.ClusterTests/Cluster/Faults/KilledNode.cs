using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>A machine is lost, and comes back: the node and its engine are killed at the same moment.</summary>
internal sealed class KilledNode(bool leads) : Fault(leads ? "killed leader" : "killed follower")
{
    private RigNode? _node;

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        _node = await rig.PickAsync(leads, random);
        await _node.KillAsync();
    }

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        _node!.Launch();
        return _node.Process.AddressAsync();
    }
}

/// <summary>Only the engine dies, under a node that goes on and starts it again.</summary>
internal sealed class KilledEngine(bool leads) : Fault(leads ? "killed engine of the leader" : "killed engine of a follower")
{
    public override async Task BeginAsync(ClusterRig rig, Random random) => (await rig.PickAsync(leads, random)).KillEngine();

    public override Task EndAsync(ClusterRig rig, Random random) => Task.CompletedTask;
}

/// <summary>A node is stopped as an operator does it, and started again.</summary>
internal sealed class StoppedLeader() : Fault("stopped leader")
{
    private RigNode? _node;

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        _node = await rig.PickAsync(leads: true, random);
        Xunit.Assert.Equal(0, await _node.StopAsync());
    }

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        _node!.Launch();
        return _node.Process.AddressAsync();
    }
}

/// <summary>All machines are lost at once, and come back one after the other.</summary>
internal sealed class KilledCluster() : Fault("all nodes killed")
{
    private readonly List<RigNode> _nodes = [];

    public override Task BeginAsync(ClusterRig rig, Random random)
    {
        _nodes.Clear();
        _nodes.AddRange(rig.Nodes);
        return RigNode.KillAsync(_nodes);
    }

    public override async Task EndAsync(ClusterRig rig, Random random)
    {
        var order = _nodes.ToArray();
        random.Shuffle(order);
        foreach (var node in order)
        {
            node.Launch();
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1500)), TimeProvider.System);
        }
        foreach (var node in order) await node.Process.AddressAsync();
    }
}
