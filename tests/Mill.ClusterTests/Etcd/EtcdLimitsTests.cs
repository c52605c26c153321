using System.Security.Cryptography;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Xunit;

namespace Mill.ClusterTests.Etcd;

/// <summary>What etcd takes at once, and what happens beyond.</summary>
public sealed class EtcdLimitsTests
{
    /// <summary>However slow the disk is: how long a commit may take is not what these tests ask.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_commit_at_both_limits_is_taken_and_a_watch_shows_it_whole()
    {
        await using var server = await EtcdServer.StartAsync();
        await using var store = Open(server);
        var writes = Enumerable.Range(0, store.Limits.Writes).Select(i => $"/mill/v1/key/{i:0000}").ToList();
        var length = (int)(store.Limits.Bytes / writes.Count - StoreLimits.SizeOf(writes[0], 0));
        var value = RandomNumberGenerator.GetBytes(length);
        var start = await store.GetRevisionAsync(default);
        var absent = writes.Select(key => new StorePrecondition(key, 0));
        var commit = await store.CommitAsync(new([.. absent], [.. writes.Select(key => new StoreWrite(key, value))]), default);
        Assert.True(commit.Succeeded);
        await foreach (var seen in store.WatchAsync("/mill/", start, default))
        {
            Assert.Equal(writes, seen.Writes.Select(write => write.Key).Order(StringComparer.Ordinal));
            Assert.All(seen.Writes, write => Assert.True(write.Value!.Value.Span.SequenceEqual(value)));
            break;
        }
    }

    [Fact]
    public async Task A_commit_beyond_a_limit_is_refused_before_it_is_sent()
    {
        await using var store = new EtcdStateStore(new() { Endpoints = [new("http://127.0.0.1:1")] }, TimeProvider.System);
        StoreTransaction[] beyond =
        [
            new([], [.. Enumerable.Range(0, 1025).Select(i => new StoreWrite($"{i}", null))]),
            new([.. Enumerable.Range(0, 1025).Select(i => new StorePrecondition($"{i}", 0))], [new StoreWrite("a", null)]),
            new([], [new StoreWrite("a", new byte[5 << 20]), new StoreWrite("b", new byte[5 << 20])]),
        ];
        foreach (var transaction in beyond)
        {
            var refusal = await Assert.ThrowsAsync<MillException>(async () => await store.CommitAsync(transaction, default));
            Assert.Equal(MillError.TooLarge, refusal.Error);
            Assert.NotNull(refusal.Hint);
        }
    }

    [Fact]
    public async Task Where_etcd_takes_less_than_we_think_its_refusal_is_told_as_too_large()
    {
        await using var server = await EtcdServer.StartAsync(tls: null, []); // with its defaults: 128 operations, 1.5 MiB
        await using var store = Open(server);
        StoreTransaction[] beyond =
        [
            new([], [.. Enumerable.Range(0, 129).Select(i => new StoreWrite($"{i}", new byte[1]))]),
            new([], [new StoreWrite("a", new byte[1_700_000])]),
            new([], [new StoreWrite("a", new byte[4_000_000])]),
        ];
        foreach (var transaction in beyond)
            Assert.Equal(MillError.TooLarge, (await Assert.ThrowsAsync<MillException>(async () => await store.CommitAsync(transaction, default))).Error);
        Assert.Null(await store.FindAsync("a", default));
    }

    [Fact]
    public async Task Commits_that_come_in_parts_are_put_together()
    {
        // Parts are as large as requests may be; a watch that catches up gets many commits in one reply.
        await using var server = await EtcdServer.StartAsync(tls: null, ["--max-request-bytes", "65536"]);
        await using var store = Open(server);
        var start = await store.GetRevisionAsync(default);
        for (var i = 0; i < 20; i++)
            await store.CommitAsync(new([], [.. Enumerable.Range(0, 7).Select(key => new StoreWrite($"{key}", new byte[8_000]))]), default);
        var seen = new List<StoreEvent>();
        await foreach (var commit in store.WatchAsync("", start, default))
        {
            seen.Add(commit);
            if (seen.Count == 20) break;
        }
        Assert.All(seen, commit => Assert.Equal(7, commit.Writes.Count));
        Assert.Equal(Enumerable.Range((int)start + 1, 20), seen.Select(commit => (int)commit.Revision));
    }

    [Fact]
    public async Task A_full_database_says_so_writes_nothing_and_still_answers()
    {
        await using var server = await EtcdServer.StartAsync("--quota-backend-bytes", $"{4 << 20}");
        await using var store = Open(server);
        var value = RandomNumberGenerator.GetBytes(500_000);
        var written = new List<string>();
        MillException? full = null;
        while (full is null && written.Count < 50)
        {
            try
            {
                // The last one that etcd applies, it answers with a refusal: it counts as done all the same.
                var key = $"{written.Count}";
                var commit = await store.CommitAsync(new([new(key, 0)], [new StoreWrite(key, value)]), default);
                Assert.Equal(commit.Revision, (await store.FindAsync(key, default))?.Revision);
                written.Add(key);
            }
            catch (MillException failure)
            {
                full = failure;
            }
        }
        Assert.Equal(MillError.StorageFull, full?.Error);
        // Nothing in this one tells whether it happened.
        var blind = await Assert.ThrowsAsync<MillException>(async () => await store.CommitAsync(new([], [new StoreWrite("x", value)]), default));
        Assert.Equal(MillError.OutcomeUnknown, blind.Error);
        Assert.Null(await store.FindAsync($"{written.Count}", default));
        Assert.NotNull(await store.FindAsync("0", default));
        Assert.Contains(await store.Members.ListAlarmsAsync(default), alarm => alarm.Kind is "NOSPACE");
        // Making room is still allowed, and a compaction and a defragmentation later there is some.
        Assert.True((await store.CommitAsync(new([], [.. written.Select(key => new StoreWrite(key, null))]), default)).Succeeded);
    }

    private static EtcdStateStore Open(EtcdServer server) => new(server.Options with { AttemptTimeout = Patience, GiveUpAfter = Patience }, TimeProvider.System);
}
