using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>Something that happens to a cluster, and is over some time later.</summary>
internal abstract class Fault
{
    public string Name => GetType().Name;

    /// <param name="random">For what is left to chance: a seed replays it.</param>
    public abstract Task BeginAsync(ClusterRig rig, Random random);

    /// <summary>Puts everything back, so that all nodes can work together again.</summary>
    public abstract Task EndAsync(ClusterRig rig, Random random);
}
