using Xunit;

namespace Mill.ClusterTests.Cluster.Network;

/// <summary>A test on a network of its own: skipped where that cannot be made.</summary>
public sealed class NetworkFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Obstacle = new(Probe);

    public NetworkFactAttribute()
    {
        if (Obstacle.Value is { } obstacle) Skip = $"Networks cannot be made here; this test needs root, /dev/net/tun and iproute2: {obstacle}";
    }

    /// <summary>Whether nodes have clocks that can be set.</summary>
    public bool NeedsClocks
    {
        get;
        set
        {
            field = value;
            if (value && Rig.StepClock.Library is null) Skip ??= "Clocks cannot be set here; this test needs libfaketime";
        }
    }

    private static string? Probe()
    {
        try
        {
            using var network = TestNetwork.Create();
            using var machine = network.Add(1);
            return null;
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            return e.Message;
        }
    }
}
