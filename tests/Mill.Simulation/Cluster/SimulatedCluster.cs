using System.Collections.Concurrent;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Testing;

namespace Mill.Simulation.Cluster;

/// <summary>Three nodes over one store.</summary>
internal sealed class SimulatedCluster
{
    public const int Size = 3;

    /// <summary>What a store holds that was made a cluster's, and nothing else yet.</summary>
    private static IReadOnlyList<StoreWrite> _beginning = [];

    private readonly ConcurrentQueue<string> _failures = new();

    /// <param name="started">Told of each process that starts.</param>
    public SimulatedCluster(World world, Weather weather, ClusterMutation mutation, Action<SimulatedCluster, SimulatedProcess>? started = null)
    {
        Started = process => started?.Invoke(this, process);
        (World, Mutation, Store) = (world, mutation, new(world, weather.KnownCommits, mutation));
        Store.Commit(new([], _beginning));
        Nodes = [.. Enumerable.Range(1, Size).Select(number => new SimulatedNode(this, number, weather))];
        foreach (var node in Nodes) node.Start();
    }

    public World World { get; }

    public Action<SimulatedProcess> Started { get; }

    public ClusterMutation Mutation { get; }

    public SimulatedStore Store { get; }

    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>What nobody caught, and nobody should have thrown.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public SimulatedNode? Leader => Nodes.FirstOrDefault(node => node.IsRunning && node.Process.State.IsLeader);

    /// <summary>Before the first one: the beginning is the same for all.</summary>
    public static async Task PrepareAsync()
    {
        var store = new InMemoryStateStore();
        await Server.InitializeAsync(store, new ManualTime());
        var all = await store.ReadAsync(RecordKey.Root, CancellationToken.None);
        _beginning = [.. all.Entries.Select(entry => new StoreWrite(entry.Key, entry.Value))];
    }

    public void Fail(string failure) => _failures.Enqueue(failure);
}
