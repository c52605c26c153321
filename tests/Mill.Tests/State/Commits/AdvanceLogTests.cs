using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.State.Replica;
using Xunit;

namespace Mill.Tests.State.Commits;

public sealed class AdvanceLogTests
{
    [Fact]
    public async Task A_follower_gets_every_advance_after_its_revision_in_order()
    {
        var log = new AdvanceLog(At(5));
        Publish(log, 6, 7);
        var following = TakeAsync(log, 6, 3);
        Publish(log, 8, 9, 12);
        Assert.Equal(["6>7", "7>8", "8>9"], await following);
        Assert.Equal(["9>12"], await TakeAsync(log, 9, 1));
        Assert.Equal(12, log.Latest.Revision);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(99)]
    public async Task A_revision_that_is_not_known_starts_with_a_reset(long revision)
    {
        var log = new AdvanceLog(At(5));
        Publish(log, 6, 11);
        Assert.Equal(["reset 11"], await TakeAsync(log, revision, 1));
    }

    [Fact]
    public async Task Nobody_resumes_across_a_reset()
    {
        var log = new AdvanceLog(At(5));
        Publish(log, 6);
        var following = TakeAsync(log, 6, 2);
        log.Publish(At(9), StateAdvance.Reset(log.Latest.Revision, 9));
        Publish(log, 10);
        Assert.Equal(["reset 9", "9>10"], await following);
        Assert.Equal(["reset 10"], await TakeAsync(log, 6, 1));
        Assert.Equal(["9>10"], await TakeAsync(log, 9, 1));
    }

    [Fact]
    public async Task A_follower_that_fell_too_far_behind_is_reset()
    {
        var log = new AdvanceLog(At(0));
        await using var follower = log.FollowAsync(0, default).GetAsyncEnumerator();
        Publish(log, 1);
        Assert.True(await follower.MoveNextAsync());
        Publish(log, [.. Enumerable.Range(2, 9_999)]);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal("reset 10000", Text(follower.Current));
        Assert.Equal(["reset 10000"], await TakeAsync(log, 1, 1));
        Publish(log, 10_001);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal("10000>10001", Text(follower.Current));
    }

    [Fact]
    public async Task Cancelling_ends_a_follower_that_waits()
    {
        using var cancel = new CancellationTokenSource();
        await using var follower = new AdvanceLog(At(0)).FollowAsync(0, cancel.Token).GetAsyncEnumerator();
        var next = follower.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    private static void Publish(AdvanceLog log, params int[] revisions)
    {
        foreach (var revision in revisions) log.Publish(At(revision), StateAdvance.Between(log.Latest, At(revision), []));
    }

    private static async Task<List<string>> TakeAsync(AdvanceLog log, long after, int count)
    {
        var taken = new List<string>();
        await foreach (var advance in log.FollowAsync(after, default))
        {
            taken.Add(Text(advance));
            if (taken.Count == count) break;
        }
        return taken;
    }

    private static string Text(StateAdvance advance) => advance.IsReset ? $"reset {advance.After}" : $"{advance.Before}>{advance.After}";

    private static ClusterState At(long revision) => ClusterState.Empty with { Revision = revision };
}
