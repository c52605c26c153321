using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>A machine is lost, and comes back: the node and its engine are killed at the same moment.</summary>
internal abstract class KilledNode(bool leads) : Fault
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

internal sealed class KilledLeader() : KilledNode(leads: true);

internal sealed class KilledFollower() : KilledNode(leads: false);
