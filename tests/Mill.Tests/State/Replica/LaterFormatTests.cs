using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.State.Replica.Fixture;
using Xunit;

namespace Mill.Tests.State.Replica;

/// <summary>A node that meets what only a later version of Mill can read: it stops serving, says why, and disturbs nobody.</summary>
public sealed class LaterFormatTests
{
    private static readonly string Later = new TokenKey("later").ToString();

    [Fact]
    public async Task A_node_that_is_behind_its_cluster_answers_nothing_says_why_and_the_others_go_on()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        var behind = cluster.Nodes.First(node => node != leader);
        var steps = behind.State.FollowAsync(behind.State.Latest.Revision, default).GetAsyncEnumerator();
        var next = steps.MoveNextAsync().AsTask();
        behind.Store.LaterKey = Later;
        await leader.PutAsync("later");
        await cluster.UntilAsync(() => next.IsCompleted);
        await RequireOutdatedAsync(() => next);
        await RequireOutdatedAsync(() => behind.ReadAsync());
        await RequireOutdatedAsync(() => behind.ReadAsync(new(ReadLevel.Quorum)));
        await RequireOutdatedAsync(() => behind.ReadAsync(new(IsConfirmed: true)));
        await RequireOutdatedAsync(() => behind.PutAsync("never"));
        await RequireOutdatedAsync(() => behind.State.WaitForLeaderAsync(null, default).AsTask());
        Assert.Empty(await behind.ReadAsync(StateRead.Local)); // which promises nothing
        Assert.Null(behind.State.Leader);
        await leader.PutAsync("more");
        foreach (var other in cluster.Nodes.Where(node => node != behind)) Assert.Equal(["later", "more"], await other.ReadAsync());
        await steps.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_is_behind_never_takes_the_office_and_gives_up_the_one_it_has()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var behind = await cluster.LeaderAsync();
        var other = cluster.Nodes.Single(node => node != behind);
        // Not by way of the leader, which would not write what it cannot read.
        await cluster.Store.CommitAsync(new([], [new(Later, """{"format":2}"""u8.ToArray())]), default);
        await cluster.UntilAsync(() => !behind.State.IsLeader);
        await RequireOutdatedAsync(() => behind.ReadAsync());
        // Both cannot read it: nobody leads, however long one waits, and nothing is written.
        await cluster.UntilAsync(() => !other.State.IsLeader && cluster.Store.FindAsync(new LeaderKey().ToString(), default).AsTask().Result is null);
        var revision = await cluster.Store.GetRevisionAsync(default);
        var end = cluster.Time.GetUtcNow() + TimeSpan.FromSeconds(10);
        await cluster.UntilAsync(() => cluster.Time.GetUtcNow() >= end);
        Assert.Equal(revision, await cluster.Store.GetRevisionAsync(default));
    }

    [Fact]
    public async Task A_store_that_needs_a_later_version_is_not_loaded_and_the_log_says_what_to_do()
    {
        await using var store = new InMemoryStateStore();
        await store.CommitAsync(new([], [new(Later, """{"format":2,"new":[]}"""u8.ToArray())]), default);
        var logger = new RecordingLogger<StoreFollower>();
        var follower = new StoreFollower(store, new(ClusterState.Empty), TimeProvider.System, logger);
        using var stop = new CancellationTokenSource();
        var running = follower.RunAsync(stop.Token);
        var later = await Assert.ThrowsAsync<MillException>(() => follower.Loaded.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(MillError.LaterFormat, later.Error);
        var (level, _, text) = Assert.Single(logger.Lines);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains($"{later.Message} {later.Hint}", text, StringComparison.Ordinal);
        Assert.Contains("Upgrade", text, StringComparison.Ordinal);
        // It stays where it is, for as long as its process runs.
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await running;
    }

    private static async Task RequireOutdatedAsync(Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<MillException>(act);
        Assert.Equal(MillError.NotReady, refused.Error);
        Assert.Contains("must be upgraded", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Later, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Upgrade", refused.Hint, StringComparison.Ordinal);
    }
}
