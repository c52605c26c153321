using System.Collections.Concurrent;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State.Replica.Fixture;

/// <summary>Nodes that share one store in memory, and a clock that moves when it is told to.</summary>
internal sealed class TestCluster : ILeaderLink, IAsyncDisposable
{
    private const int Patience = 2_000;

    private readonly List<TestNode> _nodes = [];
    private readonly ConcurrentDictionary<NodeId, bool> _unreachable = new();

    public ManualTime Time { get; } = new();

    public InMemoryStateStore Store { get; }

    private TestCluster(int knownCommits) => Store = new(knownCommits, Time);

    public IReadOnlyList<TestNode> Nodes => _nodes;

    /// <summary>How often a node asked the leader.</summary>
    public int Asked { get; private set; }

    /// <summary>Holds what is asked of the leader, until it is let go.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public static async Task<TestCluster> StartAsync(int count, int knownCommits = 4096)
    {
        var cluster = new TestCluster(knownCommits);
        for (var number = 1; number <= count; number++) cluster._nodes.Add(await TestNode.StartAsync(number, new(cluster.Store), cluster, cluster.Time));
        return cluster;
    }

    public async Task<TestNode> LeaderAsync(TestNode? other = null)
    {
        await UntilAsync(() => _nodes.Any(node => node.State.IsLeader && node != other));
        return _nodes.Single(node => node.State.IsLeader && node != other);
    }

    /// <summary>No node reaches this one any more; it may still reach the store.</summary>
    public void Isolate(TestNode node) => _unreachable[node.Id] = true;

    public void Reach(TestNode node) => _unreachable.TryRemove(node.Id, out _);

    /// <summary>
    /// Lets time pass, in steps small enough for everybody to react, until something holds. Its own time runs up to 25 times as fast as ours, and no faster: what
    /// runs on other threads must come along.
    /// </summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        for (var step = 0; !holds(); step++)
        {
            Assert.True(step < Patience, "it never came to that");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            if (!holds()) Time.Advance(TimeSpan.FromMilliseconds(25));
        }
    }

    /// <summary>Lets time pass until something is done.</summary>
    public async Task<T> UntilAsync<T>(Task<T> task)
    {
        await UntilAsync(() => task.IsCompleted);
        return await task;
    }

    public async ValueTask<long> ConfirmAsync(LeaderRecord leader, Timestamp? settled, CancellationToken cancellationToken)
    {
        Asked++;
        if (_unreachable.ContainsKey(leader.NodeId)) throw new MillException(MillError.NoLeader, "unreachable");
        if (Gate is { } gate) await gate.Task.WaitAsync(cancellationToken);
        return await _nodes.Single(node => node.Id == leader.NodeId).State.ConfirmAsync(settled, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await Store.DisposeAsync();
    }
}
