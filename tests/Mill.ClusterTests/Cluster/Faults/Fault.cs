using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>Something that happens to a cluster, and is over some time later.</summary>
/// <param name="name">What the log calls it.</param>
internal abstract class Fault(string name)
{
    public string Name { get; } = name;

    /// <summary>How long it lasts: seldom less than the leader's lease, so that somebody else has to lead.</summary>
    public virtual TimeSpan Duration(Random random) => TimeSpan.FromMilliseconds(random.Next(1000, 5000));

    /// <param name="random">For what is left to chance: a seed replays it.</param>
    public abstract Task BeginAsync(ClusterRig rig, Random random);

    /// <summary>Puts everything back, so that all nodes can work together again.</summary>
    public abstract Task EndAsync(ClusterRig rig, Random random);
}
