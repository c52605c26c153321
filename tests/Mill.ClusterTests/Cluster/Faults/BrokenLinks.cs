using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>Something is wrong with the network between the nodes. Clients reach all of them, all the time.</summary>
internal abstract class BrokenLinks(string name) : Fault(name)
{
    public override TimeSpan Duration(Random random) => TimeSpan.FromMilliseconds(random.Next(3000, 6000));

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        foreach (var from in rig.Nodes)
        {
            foreach (var to in rig.Nodes) rig.Set(from, to, Link.Good);
        }
        return Task.CompletedTask;
    }

    protected static IEnumerable<RigNode> Others(ClusterRig rig, RigNode node) => rig.Nodes.Where(other => other != node);
}

/// <summary>One node is alone.</summary>
internal sealed class CutOff(bool leads) : BrokenLinks(leads ? "leader cut off" : "follower cut off")
{
    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        var node = await rig.PickAsync(leads, random);
        foreach (var other in Others(rig, node))
        {
            rig.Set(node, other, Link.Cut);
            rig.Set(other, node, Link.Cut);
        }
    }
}

/// <summary>One node is heard and hears nothing, or the other way round.</summary>
internal sealed class CutOneWay(bool outgoing) : BrokenLinks(outgoing ? "leader not heard" : "leader hears nothing")
{
    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        var node = await rig.PickAsync(leads: true, random);
        foreach (var other in Others(rig, node))
        {
            if (outgoing) rig.Set(node, other, Link.Cut);
            else rig.Set(other, node, Link.Cut);
        }
    }
}

/// <summary>Two nodes do not reach each other, and both reach the third: there is no side that is right.</summary>
internal sealed class CutPair() : BrokenLinks("leader and one follower apart")
{
    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        var node = await rig.PickAsync(leads: true, random);
        var others = Others(rig, node).ToList();
        var other = others[random.Next(others.Count)];
        rig.Set(node, other, Link.Cut);
        rig.Set(other, node, Link.Cut);
    }
}

/// <summary>All that goes between nodes is late, overtakes, and gets lost.</summary>
internal sealed class BadLinks() : BrokenLinks("slow and lossy links")
{
    public override Task BeginAsync(ClusterRig rig, Random random)
    {
        var link = new Link(random.NextDouble() * 0.1, TimeSpan.FromMilliseconds(random.Next(5, 60)), TimeSpan.FromMilliseconds(random.Next(40)));
        foreach (var from in rig.Nodes)
        {
            foreach (var to in Others(rig, from)) rig.Set(from, to, link);
        }
        return Task.CompletedTask;
    }
}
