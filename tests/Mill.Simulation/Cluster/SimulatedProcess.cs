using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Leadership;
using Mill.State.Replica;
using Mill.Vault;
using Mill.Vault.KeyRing;

namespace Mill.Simulation.Cluster;

/// <summary>What runs on a node from its start to its crash: the real shared state and the real vault over simulated ways and clocks.</summary>
internal sealed class SimulatedProcess
{
    private readonly SimulatedCluster _cluster;

    public SimulatedProcess(SimulatedCluster cluster, SimulatedNode node, Life life, Weather weather)
    {
        (_cluster, Node, Life) = (cluster, node, life);
        var (world, mutation) = (cluster.World, cluster.Mutation);
        Time = new(world, life, node.Wall);
        var store = new StorePath(world, cluster.Store, node, life, weather, mutation);
        LeaseClock = new(world, life, mutation);
        Link = new(cluster, node, life, weather);
        State = new(store, store, new AskingLink(Link, this, mutation), new Candidate(node.Id, node.Name, () => node.IsWilling), new(Time, LeaseClock), NullLoggerFactory.Instance);
        var ring = new KeyRing(new MasterKeySource(Server.MasterKey, null));
        ring.Load();
        Vault = new SecretsVault(State, new StorePath(world, cluster.Store, node, life, weather, mutation), ring);
        Forwarder = new(this, Time);
    }

    public SimulatedNode Node { get; }

    public Life Life { get; }

    public NodeClock Time { get; }

    public LeaseClock LeaseClock { get; }

    public NodeLink Link { get; }

    public SharedState State { get; }

    public IVault Vault { get; }

    public Forwarder Forwarder { get; }

    public void Run()
    {
        _ = Task.Run(() => RequireAsync(State.FollowStoreAsync(CancellationToken.None), "follow the store"));
        _ = Task.Run(() => RequireAsync(State.LeadAsync(CancellationToken.None), "stand for election"));
    }

    /// <summary>Has it do something. That it cannot is no failure.</summary>
    public static void Do(Func<Task> act) => _ = Task.Run(async () =>
    {
        try
        {
            await act();
        }
        catch (MillException)
        {
            // It was no leader any more.
        }
    });

    private async Task RequireAsync(Task running, string what)
    {
        try
        {
            await running;
            _cluster.Fail($"{Life} does not {what} any more");
        }
#pragma warning disable CA1031 // Whatever it is, it is what was looked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _cluster.Fail($"{Life} does not {what} any more: {e}");
        }
    }
}
