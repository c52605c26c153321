using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>The disk of one node has no space left. Now and then it leads.</summary>
internal sealed class FullDisk() : Fault("full disk")
{
    /// <summary>What the engine has set aside for its log, and the rest of the database, take a while to be used up.</summary>
    public override TimeSpan Duration(Random random) => TimeSpan.FromMilliseconds(random.Next(4000, 7000));

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        var node = rig.Nodes.First(node => node.Disk is not null);
        if (random.Next(2) == 0) await LeaderTransfers.TryAsync(rig, node);
        node.Disk!.Fill();
    }

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        rig.Nodes.First(node => node.Disk is not null).Disk!.Free();
        return Task.CompletedTask;
    }
}

/// <summary>The wall clock of one node jumps, forward or back, and later returns.</summary>
internal sealed class SteppedClock(bool leads) : Fault(leads ? "clock of the leader stepped" : "clock of a follower stepped")
{
    private RigNode? _node;

    public override TimeSpan Duration(Random random) => StepClock.Latest + TimeSpan.FromMilliseconds(random.Next(1000, 3000));

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        _node = await rig.PickAsync(leads, random);
        _node.Clock!.Step(TimeSpan.FromSeconds((random.Next(2) == 0 ? 1 : -1) * random.Next(2, 40)));
        // Another one may lead while it is wrong, and the one with the wrong clock after it.
        if (random.Next(2) == 0) await LeaderTransfers.TryAsync(rig, node: null);
    }

    public override async Task EndAsync(ClusterRig rig, Random random)
    {
        _node!.Clock!.Step(TimeSpan.Zero);
        await Task.Delay(StepClock.Latest, TimeProvider.System);
    }
}
