using Mill.Core.Model;

namespace Mill.Simulation.Cluster;

/// <summary>One node. Its processes come and go; its name, its routes and its wall clock stay.</summary>
internal sealed class SimulatedNode(SimulatedCluster cluster, int number, Weather weather)
{
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(4);

    private readonly World _world = cluster.World;
    private int _lives;

    public int Number => number;

    public NodeId Id { get; } = NodeId.From([0, 0, 0, 0, 0, 0, 0, (byte)number]);

    public string Name => $"node-{number}";

    public Routes Routes { get; } = new();

    public WallClock Wall { get; } = new() { Ahead = weather.Skews[number - 1] };

    /// <summary>False while its vault could decide nothing.</summary>
    public bool IsWilling { get; set; } = true;

    /// <summary>What runs there, or ran there last.</summary>
    public SimulatedProcess Process { get; private set; } = null!;

    public bool IsRunning => !Process.Life.IsDead;

    public NodeRecord Record => new()
    {
        Id = Id,
        Name = Name,
        Address = "192.0.2.1",
        ApiPort = 1,
        PeerPort = 2,
        Role = NodeRole.Both,
        JoinedAt = default,
        CertificateSerial = "00",
        CertificateNotAfter = default,
        Version = "0",
    };

    public void Start()
    {
        var life = new Life(_world, $"n{number}.{++_lives}");
        Process = new(cluster, this, life, weather);
        Process.Run();
        cluster.Started(Process);
    }

    /// <summary>Nothing that ran here is ever heard of again. After a while another process starts, which knows nothing.</summary>
    public void Crash()
    {
        if (!IsRunning) return;
        _world.Tally.Count("crash");
        Process.Life.Die();
        _world.At(_world.Now + _world.Between(50, LongestOutage.TotalMilliseconds).Ticks, Start);
    }
}
