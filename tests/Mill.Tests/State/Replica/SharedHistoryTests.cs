using System.Globalization;
using Mill.Core.Ports;
using Mill.State.Leadership;
using Mill.Testing.Histories;
using Mill.Testing.Linearizability;
using Mill.Tests.State.Replica.Fixture;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.State.Replica;

/// <summary>What clients of three nodes were told, while everything that can go wrong between the nodes and their store does, could have come from one vault.</summary>
public sealed class SharedHistoryTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int OperationsEach = 80;

    /// <summary>MILL_HISTORIES for any number by hand; MILL_SEED for the faults and operations of one (threads still interleave as they like).</summary>
    private static int Count => int.Parse(Environment.GetEnvironmentVariable("MILL_HISTORIES") ?? "10", CultureInfo.InvariantCulture);

    private static int First => int.Parse(Environment.GetEnvironmentVariable("MILL_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Whatever_happens_to_nodes_and_store_every_history_is_linearizable()
    {
        var (answered, unknown, faults) = (0, 0, 0);
        for (var seed = First; seed < First + Count; seed++)
        {
            await using var cluster = await TestCluster.StartAsync(3, knownCommits: 64);
            var clients = new RecordedClients(cluster, seed);
            await clients.StartAsync();
            faults += await RunAsync(cluster, clients, seed);
            var history = clients.History;
            var result = LinearizabilityCheck.Run(new SecretsModel(), history);
            Assert.True(result.Verdict is Verdict.Linearizable, $"MILL_SEED={seed} MILL_HISTORIES=1: {result}");
            Assert.Equal([], PointInTimeCheck.Run(history));
            answered += history.Count(operation => !operation.IsUnknown);
            unknown += history.Count(operation => operation.IsUnknown);
        }
        output.WriteLine($"{Count} histories, {answered} operations answered, {unknown} of unknown outcome, {faults} faults");
        Assert.True(answered > Count * Clients * OperationsEach / 4, $"only {answered} operations were answered");
        Assert.True(faults > Count * 3, $"only {faults} faults");
    }

    private static async Task<int> RunAsync(TestCluster cluster, RecordedClients clients, int seed)
    {
        var random = new Random(seed);
        var running = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => clients.RunAsync(client, OperationsEach))));
        var faults = 0;
        while (!running.IsCompleted)
        {
            await PassAsync(cluster, random.Next(1, 10));
            faults++;
            var node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
            await FaultAsync(cluster, node, random);
        }
        await running;
        foreach (var node in cluster.Nodes) Heal(cluster, node);
        await cluster.LeaderAsync();
        foreach (var node in cluster.Nodes)
        {
            foreach (var name in new[] { "a", "b", "c" })
            {
                var reading = clients.RecordAsync(Clients, new SecretCall.Get(name), node, ReadLevel.Linearizable);
                await cluster.UntilAsync(() => reading.IsCompleted);
                await reading;
            }
        }
        return faults;
    }

    private static async Task FaultAsync(TestCluster cluster, TestNode node, Random random)
    {
        switch (random.Next(7))
        {
            case 0: node.Store.IsCut = true; break;
            case 1: node.Store.HoldReplies(); break;
            case 2: node.Store.HoldNews(); break;
            case 3: cluster.Isolate(node); break;
            case 4: node.LeaseClock.Ahead += LeaseTimes.TimeToLive; break; // stopped for as long as that: no clock takes it back
            case 5: cluster.Store.Compact(); break;
            default: _ = node.State.ResignAsync(default); break;
        }
        await PassAsync(cluster, random.Next(1, 150));
        if (random.Next(2) == 0) node.Store.LoseReplies();
        Heal(cluster, node);
    }

    private static void Heal(TestCluster cluster, TestNode node)
    {
        cluster.Reach(node);
        node.Store.ReleaseReplies();
        node.Store.ReleaseNews();
        node.Store.IsCut = false;
    }

    private static async Task PassAsync(TestCluster cluster, int steps)
    {
        var left = steps;
        await cluster.UntilAsync(() => --left <= 0);
    }
}
