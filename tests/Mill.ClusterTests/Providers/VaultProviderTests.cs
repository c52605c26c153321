using System.Net.NetworkInformation;
using Mill.Client.Providers;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary>What the provider of a vault that is well does beyond what every provider does.</summary>
public sealed class VaultProviderTests(VaultServer vault) : IClassFixture<VaultServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _prefix = $"{Guid.NewGuid():N}/";

    [Fact]
    public async Task Ten_thousand_gets_at_once_miss_nothing_while_the_secret_is_rotated()
    {
        await SetAsync("a", "value 0");
        await using var provider = await vault.OpenAsync(_prefix);
        var gets = Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => Task.Run(async () => VaultServer.Text(await provider.TryGetAsync("a")))));
        for (var i = 1; i < 20 || !gets.IsCompleted; i++) await SetAsync("a", $"value {i}");
        Assert.All(await gets, text => Assert.StartsWith("value ", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_set_is_read_at_once_and_told_once()
    {
        await using var provider = await vault.OpenAsync(_prefix);
        await using var watch = new ChangeReader(provider);
        Assert.Equal(SecretLookupStatus.NotFound, (await provider.TryGetAsync("known")).Status);
        for (var i = 0; i < 30; i++)
        {
            foreach (var key in new[] { "known", $"new{i}" })
            {
                using var value = SecretValue.FromText($"{i}");
                await provider.SetAsync(key, value);
                Assert.Equal($"{i}", VaultServer.Text(await provider.TryGetAsync(key)));
            }
        }
        Assert.Equal((SecretChangeKind.Added, 31), await CountAsync(watch, SecretChangeKind.Added, "new29"));
    }

    [Fact]
    public async Task A_new_version_of_the_same_value_is_told_to_nobody_who_has_it()
    {
        await SetAsync("a", "same");
        await using var provider = await vault.OpenAsync(_prefix);
        Assert.Equal((1, "same"), (await VersionAsync(provider, "a"), VaultServer.Text(await provider.TryGetAsync("a"))));
        await using var watch = new ChangeReader(provider);
        await vault.SetAsync(_prefix + "a", "same", force: true);
        await SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
        Assert.Equal(2, await VersionAsync(provider, "a"));
    }

    [Fact]
    public async Task Only_what_begins_with_the_prefix_is_there_and_told_of()
    {
        await vault.SetAsync("outside", "x");
        await SetAsync("a", "1");
        await using var provider = await vault.OpenAsync(_prefix);
        await using var watch = new ChangeReader(provider);
        await vault.SetAsync("outside", "y");
        using var value = SecretValue.FromText("2");
        await provider.SetAsync("b", value);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
        Assert.Equal(["a", "b"], (await provider.KeysAsync()).Keys);
        foreach (var key in new[] { "outside", "../outside", _prefix + "a" }) Assert.Equal(SecretLookupStatus.NotFound, (await provider.TryGetAsync(key)).Status);
        Assert.Equal((200, "2"), await vault.Running.Api.GetAsync($"/v1/secrets/{Uri.EscapeDataString(_prefix + "b")}") is var reply ? (reply.Status, (string?)reply.Body!["value"]) : default);
        foreach (var key in new[] { "../outside", "", "a\0b", new string('k', 300) }) await Assert.ThrowsAsync<SecretUnsupportedException>(async () => await provider.SetAsync(key, value));
    }

    [Fact]
    public async Task A_deleted_secret_is_not_found_and_told_of_once()
    {
        await SetAsync("a", "1");
        await SetAsync("unread", "1");
        await using var provider = await vault.OpenAsync(_prefix);
        await VaultServer.GivesAsync(provider, "a", "1");
        await using var watch = new ChangeReader(provider);
        foreach (var key in new[] { "a", "unread" })
        {
            await SetAsync(key, null);
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Removed, key));
            Assert.Equal(SecretLookupStatus.NotFound, (await provider.TryGetAsync(key)).Status);
        }
        await SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
    }

    [Fact]
    public async Task A_reader_may_read_and_is_told_that_it_may_not_write()
    {
        await SetAsync("a", "1");
        var (_, token) = await vault.CreateTokenAsync("reader");
        await using var provider = await VaultProvider.OpenAsync(vault.Options(token) with { Prefix = _prefix });
        using var value = SecretValue.FromText("2");
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await provider.SetAsync("a", value));
        Assert.Contains("\"a\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", VaultServer.Text(await provider.TryGetAsync("a")));
    }

    [Fact]
    public async Task Nothing_is_left_after_disposal_even_of_a_question_without_an_answer()
    {
        var connections = Connections();
        await using var provider = await vault.OpenAsync(_prefix);
        await using var watch = new ChangeReader(provider);
        vault.Running.Process.Send(Signal.Stop);
        try
        {
            var get = provider.TryGetAsync("a").AsTask();
            await provider.DisposeAsync().AsTask().WaitAsync(Patience);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => get.WaitAsync(Patience));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await provider.TryGetAsync("a"));
            Assert.Null(await watch.NextAsync());
        }
        finally
        {
            vault.Running.Process.Send(Signal.Continue);
        }
        await Until.TrueAsync("its connections are closed", Patience, () => Task.FromResult(Connections() <= connections));
    }

    /// <summary>To the vault, of anybody here.</summary>
    private int Connections() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Count(one => one.RemoteEndPoint.Port == vault.Address.Port && one.State is TcpState.Established);

    private static async Task<int?> VersionAsync(VaultProvider provider, string key)
    {
        var lookup = await provider.TryGetAsync(key);
        lookup.Value?.Dispose();
        return lookup.Version;
    }

    /// <summary>Counts the keys that are told of so, up to the last one.</summary>
    private static async Task<(SecretChangeKind Kind, int Count)> CountAsync(ChangeReader watch, SecretChangeKind kind, string last)
    {
        var keys = new List<string>();
        while (!keys.Contains(last))
        {
            if (await watch.NextAsync() is { } change && change.Kind == kind) keys.AddRange(change.Keys);
        }
        return (kind, keys.Count);
    }

    private Task SetAsync(string key, string? value) => vault.SetAsync(_prefix + key, value);
}
