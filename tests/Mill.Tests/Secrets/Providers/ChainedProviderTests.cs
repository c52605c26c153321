using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>Who answers in a chain. <see cref="ChainedWatchTests"/> has what it tells of changes.</summary>
public sealed class ChainedProviderTests
{
    private readonly MemoryProvider _upper = Seeds.Memory("upper", ("both", "upper"), ("u", "1"));
    private readonly MemoryProvider _lower = Seeds.Memory("lower", ("both", "lower"), ("l", "1"));

    private SecretUnavailableException Outage { get; } = new("upper", "The wire is cut.");

    [Fact]
    public async Task The_first_that_has_a_secret_answers_and_the_answer_says_who_it_was()
    {
        await using var chain = new ChainedProvider([new(_upper), new(_lower)]);
        var answers = new List<(string?, string?)>();
        foreach (var key in new[] { "both", "u", "l", "none" }) answers.Add((await chain.TextAsync(key), (await chain.TryGetAsync(key)).ResolvedFrom));
        Assert.Equal([("upper", "upper"), ("1", "upper"), ("1", "lower"), (null, "chain")], answers);
        var missing = await Assert.ThrowsAsync<SecretNotFoundException>(async () => await chain.GetAsync("none"));
        Assert.Equal(("none", "chain"), (missing.Key, missing.Provider));
    }

    [Fact]
    public async Task A_link_that_fails_fast_stops_the_search()
    {
        await using var chain = new ChainedProvider([new(new FaultyProvider(_upper) { Outage = Outage }), new(_lower)]);
        foreach (var key in new[] { "both", "l", "none" })
        {
            var lookup = await chain.TryGetAsync(key);
            Assert.Equal((SecretLookupStatus.Unavailable, Outage, "upper"), (lookup.Status, lookup.Error, lookup.ResolvedFrom));
            Assert.Same(Outage, await Assert.ThrowsAsync<SecretUnavailableException>(async () => await chain.GetAsync(key)));
        }
    }

    [Fact]
    public async Task A_link_that_is_done_without_leaves_the_others_and_never_says_that_nothing_is_there()
    {
        await using var chain = new ChainedProvider([new(new FaultyProvider(_upper) { Outage = Outage }, OnLinkError.Continue), new(_lower)]);
        Assert.Equal(("lower", "1"), (await chain.TextAsync("both"), await chain.TextAsync("l")));
        Assert.Equal("lower", (await chain.TryGetAsync("both")).ResolvedFrom);
        Assert.Same(Outage, (await chain.TryGetAsync("none")).Error);
    }

    [Fact]
    public async Task The_last_good_value_of_a_link_outlives_its_outage()
    {
        var wire = new FaultyProvider(_upper);
        await using var chain = new ChainedProvider([new(wire, OnLinkError.LastGood), new(_lower)]);
        Assert.Equal(("upper", "1"), (await chain.TextAsync("both"), await chain.TextAsync("u")));
        await _upper.SetAsync("both", "newer");
        Assert.Equal("newer", await chain.TextAsync("both"));
        _upper.Remove("u");
        Assert.Null(await chain.TextAsync("u"));
        wire.Outage = Outage;
        var stale = await chain.TryGetAsync("both");
        Assert.Equal((SecretLookupStatus.Found, Outage, "upper"), (stale.Status, stale.Error, stale.ResolvedFrom));
        Assert.Equal("newer", stale.Value!.Reveal(System.Text.Encoding.UTF8.GetString));
        foreach (var unknown in new[] { "u", "l" }) Assert.Same(Outage, (await chain.TryGetAsync(unknown)).Error);
        wire.Outage = null;
        Assert.Null((await chain.TryGetAsync("both")).Error);
        Assert.Equal("1", await chain.TextAsync("l"));
    }

    [Theory]
    [InlineData("newer")]
    [InlineData(null)]
    public async Task An_answer_that_was_overtaken_is_not_the_last_good_one(string? later)
    {
        var wire = new FaultyProvider(_upper);
        await using var chain = new ChainedProvider([new(wire, OnLinkError.LastGood), new(_lower, OnLinkError.Continue)]);
        var arrival = new TaskCompletionSource();
        wire.Delay = arrival.Task;
        var early = chain.TextAsync("u");
        wire.Delay = null;
        Seeds.Change(_upper, "u", later);
        Assert.Equal(later, await chain.TextAsync("u"));
        arrival.SetResult();
        Assert.Equal("1", await early);
        wire.Outage = Outage;
        var recalled = await chain.TryGetAsync("u");
        Assert.Equal((Outage, later), (recalled.Error, recalled.Value?.Reveal(System.Text.Encoding.UTF8.GetString)));
    }

    [Fact]
    public async Task A_secret_goes_to_the_first_link_that_takes_it()
    {
        await using var chain = new ChainedProvider([new(new EnvironmentProvider()), new(_upper), new(_lower)]);
        await chain.SetAsync("l", "2");
        await chain.SetAsync("new", "2");
        Assert.Equal(("2", "2", "1"), (await _upper.TextAsync("l"), await _upper.TextAsync("new"), await _lower.TextAsync("l")));
    }

    [Fact]
    public async Task A_write_that_could_not_be_read_again_is_refused()
    {
        var name = $"T{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(name, "above");
        try
        {
            await using var chain = new ChainedProvider([new(new EnvironmentProvider()), new(_lower)]);
            var refused = await Assert.ThrowsAsync<SecretUnsupportedException>(() => chain.SetAsync(name, "canary-55"));
            Assert.Contains("env has the secret", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("canary-55", refused.ToString(), StringComparison.Ordinal);
            Assert.Equal((null, "above"), (await _lower.TextAsync(name), await chain.TextAsync(name)));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task A_link_that_cannot_carry_a_secret_leaves_it_to_the_next()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv);
        await using var chain = new ChainedProvider([new(await FileProvider.OpenAsync(place.Options with { Writable = true })), new(_lower)]);
        await chain.SetAsync("no name for a variable", "2");
        Assert.Equal("2", await _lower.TextAsync("no name for a variable"));
    }

    [Fact]
    public async Task A_write_stops_at_an_outage()
    {
        await using var chain = new ChainedProvider([new(new FaultyProvider(_upper) { Outage = Outage }), new(_lower)]);
        Assert.Same(Outage, await Assert.ThrowsAsync<SecretUnavailableException>(() => chain.SetAsync("l", "2")));
        Assert.Equal("1", await _lower.TextAsync("l"));
    }

    [Fact]
    public async Task Where_no_link_takes_it_the_error_names_the_secret()
    {
        await using var chain = new ChainedProvider([new(new EnvironmentProvider())]);
        Assert.Contains("\"some.key\"", (await Assert.ThrowsAsync<SecretUnsupportedException>(() => chain.SetAsync("some.key", "2"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_those_of_all_links_with_the_errors_of_those_that_failed()
    {
        await using var chain = new ChainedProvider([new(_upper), new(_lower)]);
        Assert.Equal(["both", "l", "u"], (await chain.KeysAsync()).Keys);
        await using var partial = new ChainedProvider([new(new FaultyProvider(_upper) { Outage = Outage }), new(_lower)]);
        var keys = await partial.KeysAsync();
        Assert.False(keys.IsComplete);
        Assert.Equal(["both", "l"], keys.Keys);
        Assert.Same(Outage, Assert.Single(keys.Errors));
    }

    [Fact]
    public async Task A_chain_owns_its_links_and_has_one_at_least()
    {
        Assert.Equal("No providers configured.", Assert.Throws<SecretConfigurationException>(() => new ChainedProvider([])).Message);
        var chain = new ChainedProvider([new(_upper), new(_lower)]);
        await chain.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _upper.TryGetAsync("u"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await chain.TryGetAsync("u"));
    }
}
