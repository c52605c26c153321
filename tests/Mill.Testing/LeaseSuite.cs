using System.Text;
using Mill.Core.Ports;
using Xunit;

namespace Mill.Testing;

/// <summary>What the port of leases promises. Every engine that has leases passes it, and so does the fake.</summary>
public abstract class LeaseSuite
{
    /// <summary>A whole number of seconds, and no shorter than any engine can count.</summary>
    protected static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken None => CancellationToken.None;

    /// <summary>An empty store that nobody else writes to, as what it is besides.</summary>
    protected abstract ValueTask<(IStateStore Store, ILeases Leases)> OpenAsync();

    /// <summary>Lets time pass, on whatever clock the engine counts by.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    [Fact]
    public async Task What_was_written_under_a_lease_vanishes_in_one_commit_when_nobody_keeps_it_alive()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var lease = await leases.GrantAsync(TimeToLive, None);
        var written = await store.CommitAsync(new([], [Write("a", "1", lease), Write("b", "1", lease), Write("c", "1")]), None);
        Assert.True(written.Succeeded);
        var vanishing = NextAsync(store, written.Revision);
        await PassAsync(TimeToLive);
        Assert.Equal("a gone, b gone", Text(await vanishing));
        Assert.Equal(["c"], await KeysAsync(store));
        Assert.False(await leases.KeepAliveAsync(lease, None));
    }

    [Fact]
    public async Task A_lease_lives_as_long_as_it_is_kept_alive()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var lease = await leases.GrantAsync(TimeToLive, None);
        var written = await store.CommitAsync(new([], [Write("a", "1", lease)]), None);
        for (var i = 0; i < 5; i++)
        {
            await PassAsync(TimeToLive / 2);
            Assert.True(await leases.KeepAliveAsync(lease, None));
        }
        Assert.Equal(written.Revision, (await store.FindAsync("a", None))?.Revision);
    }

    [Fact]
    public async Task Revoking_deletes_at_once_and_in_one_commit()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var lease = await leases.GrantAsync(TimeSpan.FromMinutes(10), None);
        var written = await store.CommitAsync(new([], [Write("a", "1", lease), Write("b", "1", lease)]), None);
        await leases.RevokeAsync(lease, None);
        Assert.Empty(await KeysAsync(store));
        Assert.Equal("a gone, b gone", Text(await NextAsync(store, written.Revision)));
        await leases.RevokeAsync(lease, None);
        Assert.False(await leases.KeepAliveAsync(lease, None));
    }

    [Fact]
    public async Task A_later_write_takes_the_key_out_of_the_lease()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var (first, second) = (await leases.GrantAsync(TimeSpan.FromMinutes(10), None), await leases.GrantAsync(TimeSpan.FromMinutes(10), None));
        Assert.True(first != second && first != 0 && second != 0);
        await store.CommitAsync(new([], [Write("a", "1", first), Write("b", "1", first), Write("c", "1", first)]), None);
        await store.CommitAsync(new([], [Write("a", "2"), Write("b", "2", second)]), None);
        await leases.RevokeAsync(first, None);
        Assert.Equal(["a", "b"], await KeysAsync(store));
        await leases.RevokeAsync(second, None);
        Assert.Equal(["a"], await KeysAsync(store));
    }

    [Fact]
    public async Task Nothing_is_written_under_a_lease_that_is_gone()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var lease = await leases.GrantAsync(TimeSpan.FromMinutes(10), None);
        await leases.RevokeAsync(lease, None);
        var before = await store.CommitAsync(new([], [Write("a", "1")]), None);
        Assert.Equal(new StoreCommit(Succeeded: false, before.Revision), await store.CommitAsync(new([], [Write("a", "2"), Write("b", "1", lease)]), None));
        Assert.Equal(before.Revision, (await store.FindAsync("a", None))?.Revision);
        Assert.Equal(["a"], await KeysAsync(store));
        Assert.True((await store.CommitAsync(new([new("a", before.Revision)], [Write("a", "2")]), None)).Succeeded);
    }

    [Fact]
    public async Task A_watch_tells_under_which_lease_a_key_was_written()
    {
        var (store, leases) = await OpenAsync();
        await using var _ = store;
        var start = await store.GetRevisionAsync(None);
        var lease = await leases.GrantAsync(TimeSpan.FromMinutes(10), None);
        await store.CommitAsync(new([], [Write("a", "1", lease)]), None);
        Assert.Equal(lease, (await NextAsync(store, start)).Writes.Single().Lease);
    }

    private static StoreWrite Write(string key, string value, long lease = 0) => new(key, Encoding.UTF8.GetBytes(value)) { Lease = lease };

    private static async Task<StoreEvent> NextAsync(IStateStore store, long afterRevision)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await foreach (var commit in store.WatchAsync("", afterRevision, timeout.Token))
            return commit;
        throw new InvalidOperationException("The watch ended.");
    }

    private static async Task<string[]> KeysAsync(IStateStore store) => [.. (await store.ReadAsync("", None)).Entries.Select(entry => entry.Key)];

    private static string Text(StoreEvent commit) =>
        string.Join(", ", commit.Writes.Select(write => write.Key + (write.Value is null ? " gone" : " written")).Order(StringComparer.Ordinal));
}
