using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>A machine stands still, and goes on as if nothing had been: its connections are all there, and what it was about to do, it does now.</summary>
internal sealed class FrozenNode(bool leads) : Fault(leads ? "frozen leader" : "frozen follower")
{
    private RigNode? _node;

    public override TimeSpan Duration(Random random) => TimeSpan.FromMilliseconds(random.Next(1000, 6000));

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        _node = await rig.PickAsync(leads, random);
        _node.Freeze();
    }

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        _node!.Thaw();
        return Task.CompletedTask;
    }
}

/// <summary>Only the node itself stands still; its engine goes on without it, and keeps what it is told.</summary>
internal sealed class FrozenProcess() : Fault("leader frozen above its engine")
{
    private RigNode? _node;

    public override TimeSpan Duration(Random random) => TimeSpan.FromMilliseconds(random.Next(1000, 6000));

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        _node = await rig.PickAsync(leads: true, random);
        _node.Freeze(engineToo: false);
    }

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        _node!.Thaw();
        return Task.CompletedTask;
    }
}
