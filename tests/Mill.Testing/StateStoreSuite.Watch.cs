using System.Text;
using Mill.Core.Ports;
using Xunit;

namespace Mill.Testing;

public abstract partial class StateStoreSuite
{
    [Fact]
    public async Task A_watch_sees_every_commit_once_in_order_and_whole()
    {
        await using var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        var watching = Collect(store, "", start, count: 40);
        var revisions = new List<long>();
        for (var i = 0; i < 40; i++)
            revisions.Add((await Put(store, ("a", $"{i}"), ($"b{i}", $"{i}"))).Revision);

        var seen = await watching;
        Assert.Equal(revisions, seen.Select(commit => commit.Revision));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"a={i} b{i}={i}"), seen.Select(Text));
    }

    [Fact]
    public async Task A_watch_starts_again_where_it_was_left()
    {
        await using var store = await OpenAsync();
        var middle = 0L;
        for (var i = 0; i < 10; i++)
        {
            var commit = await Put(store, ("a", $"{i}"));
            middle = i == 4 ? commit.Revision : middle;
        }

        Assert.Equal(["a=5", "a=6", "a=7", "a=8", "a=9"], (await Collect(store, "", middle, count: 5)).Select(Text));
    }

    [Fact]
    public async Task A_watch_of_a_prefix_sees_nothing_else()
    {
        await using var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        await Put(store, ("/a/1", "1"), ("/b/1", "1"));
        await Put(store, ("/b/2", "2"));
        await store.CommitAsync(new([], [new("/a/1", null), Write("/a0", "3")]), None);
        await Put(store, ("/a/2", "4"));
        Assert.Equal(["/a/1=1", "/a/1 gone", "/a/2=4"], (await Collect(store, "/a/", start, count: 3)).Select(Text));
    }

    [Fact]
    public async Task A_refused_commit_is_not_seen()
    {
        await using var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        await Put(store, ("a", "1"));
        await store.CommitAsync(new([new("a", 0)], [Write("a", "refused")]), None);
        await Put(store, ("a", "2"));
        Assert.Equal(["a=1", "a=2"], (await Collect(store, "", start, count: 2)).Select(Text));
    }

    [Fact]
    public async Task A_watch_that_asks_for_forgotten_commits_is_told_so()
    {
        await using var store = await OpenAsync(knownCommits: 10);
        var start = await store.GetRevisionAsync(None);
        for (var i = 0; i < 30; i++)
            await Put(store, ("a", $"{i}"));

        var compacted = await Assert.ThrowsAsync<WatchCompactedException>(() => Collect(store, "", start, count: 1));
        Assert.Equal("a=29", Text((await Collect(store, "", compacted.OldestKnown, count: 10))[^1]));
    }

    [Fact]
    public async Task A_slow_watcher_holds_no_commit_up_and_misses_nothing_without_being_told()
    {
        await using var store = await OpenAsync(knownCommits: 10);
        var start = await store.GetRevisionAsync(None);
        using var timeout = new CancellationTokenSource(Patience);
        await using var watcher = store.WatchAsync("", start, timeout.Token).GetAsyncEnumerator(None);
        await Put(store, ("a", "0"));
        Assert.True(await watcher.MoveNextAsync());
        const int Last = 2_000;
        for (var i = 1; i <= Last; i++)
            await Put(store, ("a", $"{i}"));

        // An engine may have kept all of it on its way to the watcher.
        var next = 1;
        try
        {
            while (next <= Last && await watcher.MoveNextAsync())
                Assert.Equal($"a={next++}", Text(watcher.Current));
            Assert.Equal(Last + 1, next);
        }
        catch (WatchCompactedException compacted)
        {
            Assert.True(compacted.OldestKnown > start + next);
        }
    }

    [Fact]
    public async Task Cancelling_ends_a_watch_that_waits()
    {
        await using var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        using var cancel = new CancellationTokenSource();
        var watcher = store.WatchAsync("", start, cancel.Token).GetAsyncEnumerator(cancel.Token);
        var waiting = watcher.MoveNextAsync().AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        await watcher.DisposeAsync();
        Assert.True((await Put(store, ("a", "1"))).Succeeded);
    }

    [Fact]
    public async Task Closing_the_store_ends_its_watches()
    {
        var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        var watching = Collect(store, "", start, count: 1);
        await store.DisposeAsync();
        Assert.Empty(await watching);
    }

    [Fact]
    public async Task All_watchers_see_the_same_commits_while_many_write()
    {
        await using var store = await OpenAsync();
        var start = await store.GetRevisionAsync(None);
        var watching = Enumerable.Range(0, 4).Select(_ => Collect(store, "", start, count: 100)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
                await Put(store, ($"{task}", $"{i}"));
        })));

        var seen = await Task.WhenAll(watching);
        Assert.All(seen, commits => Assert.Equal(seen[0].Select(Text), commits.Select(Text)));
        Assert.Equal(seen[0].Select(commit => commit.Revision).Order().Distinct(), seen[0].Select(commit => commit.Revision));
    }

    private static async Task<List<StoreEvent>> Collect(IStateStore store, string prefix, long afterRevision, int count)
    {
        using var timeout = new CancellationTokenSource(Patience);
        var seen = new List<StoreEvent>();
        await foreach (var commit in store.WatchAsync(prefix, afterRevision, timeout.Token))
        {
            seen.Add(commit);
            if (seen.Count == count)
                break;
        }

        return seen;
    }

    private static string Text(StoreEvent commit)
        => string.Join(' ', commit.Writes.Select(write => write.Value is { } value ? $"{write.Key}={Encoding.UTF8.GetString(value.Span)}" : $"{write.Key} gone"));
}
