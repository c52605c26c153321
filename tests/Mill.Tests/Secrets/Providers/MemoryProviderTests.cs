using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

public sealed class MemoryProviderTests
{
    [Fact]
    public async Task Setting_the_same_value_again_is_a_rotation_all_the_same()
    {
        await using var memory = Seeds.Memory("memory", ("a", "1"));
        await using var watch = new ChangeReader(memory);
        await memory.SetAsync("a", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
    }

    [Fact]
    public async Task Two_watchers_get_everything_in_order()
    {
        await using var memory = Seeds.Memory("memory");
        await using var first = new ChangeReader(memory);
        await using var second = new ChangeReader(memory);
        foreach (var (kind, value) in new[] { (SecretChangeKind.Added, "1"), (SecretChangeKind.Rotated, "2"), (SecretChangeKind.Removed, null), (SecretChangeKind.Added, "3") })
        {
            Seeds.Change(memory, "a", value);
            await first.ExpectAsync(new SecretChange(kind, "a"));
            await second.ExpectAsync(new SecretChange(kind, "a"));
        }
    }

    [Fact]
    public async Task A_slow_watcher_gets_the_sum_of_what_it_missed()
    {
        await using var memory = Seeds.Memory("memory", ("rotated", "1"), ("removed", "1"), ("back", "1"));
        var changes = memory.WatchAsync().GetAsyncEnumerator();
        var first = changes.MoveNextAsync();
        await memory.SetAsync("first", "1");
        Assert.True(await first);
        for (var i = 0; i < 10_000; i++) await memory.SetAsync("rotated", $"{i}");
        await memory.SetAsync("added", "1");
        await memory.SetAsync("added", "2");
        await memory.SetAsync("short", "1");
        foreach (var gone in new[] { "short", "removed", "back" }) memory.Remove(gone);
        await memory.SetAsync("back", "2");
        var told = new List<SecretChange>();
        for (var i = 0; i < 3 && await changes.MoveNextAsync(); i++) told.Add(changes.Current);
        Assert.Equal([new(SecretChangeKind.Added, "added"), new(SecretChangeKind.Rotated, "back", "rotated"), new(SecretChangeKind.Removed, "removed")], told);
        await changes.DisposeAsync();
    }

    [Fact]
    public async Task Of_many_who_set_a_new_secret_at_once_one_adds_it_and_the_others_rotate_it()
    {
        await using var memory = Seeds.Memory("memory");
        await using var watch = new ChangeReader(memory);
        for (var round = 0; round < 200; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => memory.SetAsync("a", $"{i}"))));
            // What is added and then rotated is added, in sum or one after the other; what was there before would be rotated only.
            Assert.Equal(new SecretChange(SecretChangeKind.Added, "a"), await watch.NextAsync());
            Assert.True(memory.Remove("a"));
            Assert.False(memory.Remove("a"));
            for (var change = await watch.NextAsync(); change!.Kind is not SecretChangeKind.Removed; change = await watch.NextAsync()) Assert.Equal(SecretChangeKind.Rotated, change.Kind);
        }
    }

    [Fact]
    public async Task Removing_what_is_not_there_tells_nobody()
    {
        await using var memory = Seeds.Memory("memory");
        await using var watch = new ChangeReader(memory);
        Assert.False(memory.Remove("a"));
        await memory.SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
    }

    [Fact]
    public async Task Nothing_is_told_to_nobody()
    {
        await using var memory = Seeds.Memory("memory");
        await memory.SetAsync("a", "1");
        Assert.Equal("1", await memory.TextAsync("a"));
    }

    [Fact]
    public async Task After_dispose_it_holds_nothing_and_takes_nothing()
    {
        var memory = Seeds.Memory("memory", ("a", "1"));
        await memory.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await memory.TryGetAsync("a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => memory.SetAsync("a", "2"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await memory.KeysAsync());
        Assert.Throws<ObjectDisposedException>(() => memory.Remove("a"));
    }
}
