namespace Mill.ClusterTests.Cluster.Network;

/// <summary>One direction between two machines.</summary>
/// <param name="Loss">The part of the packets that never arrives.</param>
/// <param name="Delay">What each packet takes at least.</param>
/// <param name="Jitter">What it may take in addition; packets overtake each other then.</param>
internal sealed record Link(double Loss = 0, TimeSpan Delay = default, TimeSpan Jitter = default)
{
    public static Link Good { get; } = new();

    public static Link Cut { get; } = new(Loss: 1);
}
