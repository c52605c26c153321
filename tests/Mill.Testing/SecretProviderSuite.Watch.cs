using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Testing;

public abstract partial class SecretProviderSuite
{
    [Fact]
    public async Task A_watch_tells_what_was_added_rotated_and_removed()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        await using var watch = new ChangeReader(test.Provider, test.Tick);
        if (await EndsAsync(test, watch)) return;
        foreach (var (key, value, kind) in new[] { ("b", "1", SecretChangeKind.Added), ("b", "2", SecretChangeKind.Rotated), ("a", null, SecretChangeKind.Removed), ("a", "3", SecretChangeKind.Added) })
        {
            test.Change(Key(key), value);
            await watch.ExpectAsync(new SecretChange(kind, Key(key)));
            Assert.Equal(value is not null, (await test.Provider.TryGetAsync(Key(key))).IsFound);
        }
    }

    [Fact]
    public async Task Every_one_of_a_thousand_watchers_is_told()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        if (!test.Provider.Capabilities.HasFlag(SecretCapabilities.Watch)) return;
        var watches = Enumerable.Range(0, 1000).Select(_ => new ChangeReader(test.Provider, test.Tick)).ToList();
        test.Change(Key("a"), "2");
        foreach (var watch in watches) await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, Key("a")));
        test.Change(Key("b"), "1");
        foreach (var watch in watches) await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, Key("b")));
        foreach (var watch in watches) await watch.DisposeAsync();
    }

    [Fact]
    public async Task Cancelling_ends_one_watch_and_not_the_other()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        if (!test.Provider.Capabilities.HasFlag(SecretCapabilities.Watch)) return;
        await using var first = new ChangeReader(test.Provider, test.Tick);
        await using var second = new ChangeReader(test.Provider, test.Tick);
        Assert.IsAssignableFrom<OperationCanceledException>(await first.CancelAsync());
        test.Change(Key("a"), "2");
        await second.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, Key("a")));
    }

    [Fact]
    public async Task Disposing_the_provider_ends_its_watches_and_those_that_come_later()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        await using var before = new ChangeReader(test.Provider, test.Tick);
        await test.Provider.DisposeAsync();
        Assert.Null(await before.NextAsync());
        await using var after = new ChangeReader(test.Provider, test.Tick);
        Assert.Null(await after.NextAsync());
    }

    [Fact]
    public async Task Ten_thousand_reads_while_everything_changes_miss_nothing_and_mix_nothing_up()
    {
        await using var test = await OpenAsync([.. Enumerable.Range(0, 20).Select(i => (Key($"k{i}"), $"k{i}:0"))]);
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2500; i++) Assert.StartsWith($"k{i % 20}:", await GetAsync(test.Provider, $"k{i % 20}"), StringComparison.Ordinal);
        })).ToList();
        for (var i = 0; readers.Any(reader => !reader.IsCompleted); i++)
        {
            test.Change(Key($"k{i % 20}"), $"k{i % 20}:{i}");
            test.Tick();
        }
        await Task.WhenAll(readers);
    }

    /// <summary>True where the provider cannot be watched: then the watch is over.</summary>
    private static async Task<bool> EndsAsync(ProviderUnderTest test, ChangeReader watch)
    {
        if (test.Provider.Capabilities.HasFlag(SecretCapabilities.Watch)) return false;
        Assert.Null(await watch.NextAsync());
        return true;
    }
}
