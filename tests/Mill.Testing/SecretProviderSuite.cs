using System.Text;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Testing;

/// <summary>What <see cref="ISecretProvider"/> promises, for every provider. <c>SecretProviderSuite.Watch.cs</c> has the part on changes.</summary>
public abstract partial class SecretProviderSuite
{
    private const string Canary = "canary-4b1d";

    /// <summary>Some providers have one place for the whole process.</summary>
    private readonly string _suffix = $"_{Guid.NewGuid():N}";

    /// <summary>A provider that has exactly these secrets. Keys are ASCII letters, digits and underscores.</summary>
    protected abstract ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets);

    protected string Key(string name) => name + _suffix;

    [Fact]
    public async Task A_secret_comes_back_byte_for_byte_and_says_where_it_came_from()
    {
        const string Value = "Zoë € = 'quoted' # no comment\n\"second\" line\t$HOME\\";
        await using var test = await OpenAsync((Key("a"), Value + " end"), (Key("b"), ""));
        var lookup = await test.Provider.TryGetAsync(Key("a"));
        Assert.True(lookup.IsFound);
        Assert.Equal(Value + " end", Text(lookup.Value));
        Assert.False(string.IsNullOrEmpty(lookup.ResolvedFrom));
        Assert.Null(lookup.Error);
        if (test.Provider.Capabilities.HasFlag(SecretCapabilities.Version)) Assert.NotNull(lookup.Version);
        lookup.Value.Dispose();
        Assert.Equal(Value + " end", await GetAsync(test.Provider, "a"));
    }

    [Fact]
    public async Task An_empty_secret_is_there()
    {
        await using var test = await OpenAsync((Key("empty"), ""));
        Assert.Equal("", await GetAsync(test.Provider, "empty"));
    }

    [Fact]
    public async Task A_missing_secret_is_an_answer_and_throws_only_where_it_is_asked_to()
    {
        await using var test = await OpenAsync((Key("there"), Canary));
        foreach (var key in new[] { Key("missing"), Key("THERE"), "", " ", "a=b", "a\0b", "../etc/passwd", "..data", ".lock", "clé", new string('k', 5000) })
        {
            var lookup = await test.Provider.TryGetAsync(key);
            Assert.Equal((SecretLookupStatus.NotFound, null, null), (lookup.Status, lookup.Value, lookup.Error));
            var refused = await Assert.ThrowsAsync<SecretNotFoundException>(async () => await test.Provider.GetAsync(key));
            Assert.Equal((key, MillError.NotFound, test.Provider.Name), (refused.Key, refused.Error, refused.Provider));
            Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
        }
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await test.Provider.TryGetAsync(null!));
    }

    [Fact]
    public async Task Every_get_is_a_copy_that_the_caller_owns()
    {
        await using var test = await OpenAsync((Key("a"), "value"));
        var first = await test.Provider.GetAsync(Key("a"));
        using var second = await test.Provider.GetAsync(Key("a"));
        first.Dispose();
        Assert.NotSame(first, second);
        Assert.Equal("value", Text(second));
        Assert.Equal("value", await GetAsync(test.Provider, "a"));
    }

    [Fact]
    public async Task A_copy_outlives_the_provider()
    {
        SecretValue kept;
        await using (var test = await OpenAsync((Key("a"), "value"))) kept = await test.Provider.GetAsync(Key("a"));
        Assert.Equal("value", Text(kept));
        kept.Dispose();
    }

    [Fact]
    public async Task Set_adds_and_replaces_or_says_that_it_cannot()
    {
        await using var test = await OpenAsync((Key("old"), "1"));
        using var value = SecretValue.FromText(Canary);
        if (!test.Provider.Capabilities.HasFlag(SecretCapabilities.Write))
        {
            var refused = await Assert.ThrowsAsync<SecretUnsupportedException>(async () => await test.Provider.SetAsync(Key("old"), value));
            Assert.Equal((MillError.Unsupported, true), (refused.Error, refused.Message.Contains(Key("old"), StringComparison.Ordinal)));
            Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
            Assert.Equal("1", await GetAsync(test.Provider, "old"));
            return;
        }
        await test.Provider.SetAsync(Key("new"), value);
        await test.Provider.SetAsync(Key("old"), value);
        Assert.Equal((Canary, Canary), (await GetAsync(test.Provider, "new"), await GetAsync(test.Provider, "old")));
        Assert.Equal(Canary, Text(value)); // it stays the caller's
    }

    [Fact]
    public async Task Later_values_have_larger_versions()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        if (!test.Provider.Capabilities.HasFlag(SecretCapabilities.Version)) return;
        var last = 0;
        foreach (var next in new[] { "2", "3", null, "4" })
        {
            test.Change(Key("a"), next);
            if (next is null) continue;
            var lookup = await test.Provider.TryGetAsync(Key("a"));
            Assert.True(lookup.Version > last);
            last = lookup.Version!.Value;
        }
    }

    [Fact]
    public async Task Keys_are_all_there_is_in_order_or_none_where_they_are_not_listed()
    {
        string[] expected = [Key("A"), Key("a"), Key("b_1"), Key("b_10"), Key("b_2"), Key("empty")];
        await using var test = await OpenAsync([.. expected.Reverse().Select(key => (key, key.StartsWith("empty", StringComparison.Ordinal) ? "" : Canary))]);
        var keys = await test.Provider.KeysAsync();
        Assert.True(keys.IsComplete);
        Assert.Equal(test.Provider.Capabilities.HasFlag(SecretCapabilities.List) ? expected.Order(StringComparer.Ordinal) : [], keys.Keys);
        foreach (var key in keys.Keys) Assert.True((await test.Provider.TryGetAsync(key)).IsFound, key);
    }

    [Fact]
    public async Task A_cancelled_token_stops_everything()
    {
        await using var test = await OpenAsync((Key("a"), "1"));
        var cancelled = new CancellationToken(canceled: true);
        using var value = SecretValue.FromText("2");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await test.Provider.TryGetAsync(Key("a"), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await test.Provider.KeysAsync(cancelled));
        if (test.Provider.Capabilities.HasFlag(SecretCapabilities.Write))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await test.Provider.SetAsync(Key("a"), value, cancelled));
        Assert.Equal("1", await GetAsync(test.Provider, "a"));
    }

    [Fact]
    public async Task A_provider_may_be_disposed_twice_and_shows_nothing_of_what_it_held()
    {
        await using var test = await OpenAsync((Key("a"), Canary));
        Assert.DoesNotContain(Canary, $"{test.Provider} {await test.Provider.KeysAsync()} {await test.Provider.TryGetAsync(Key("a"))}", StringComparison.Ordinal);
        await test.Provider.DisposeAsync();
        await test.Provider.DisposeAsync();
    }

    protected static string Text(SecretValue value) => value.Reveal(Encoding.UTF8.GetString);

    private async Task<string> GetAsync(ISecretProvider provider, string name)
    {
        using var value = await provider.GetAsync(Key(name));
        return Text(value);
    }
}
