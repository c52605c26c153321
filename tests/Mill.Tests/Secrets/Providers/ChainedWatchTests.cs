using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>A chain tells of what shows, and of nothing else.</summary>
public sealed class ChainedWatchTests
{
    private readonly MemoryProvider _upper = Seeds.Memory("upper", ("both", "upper"), ("u", "1"));
    private readonly MemoryProvider _lower = Seeds.Memory("lower", ("both", "lower"), ("l", "1"));

    [Fact]
    public async Task A_change_that_a_link_above_hides_is_not_told()
    {
        await using var chain = new ChainedProvider([new(_upper), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        Seeds.Change(_lower, "both", "2");
        Seeds.Change(_lower, "both", null);
        Seeds.Change(_lower, "both", "3");
        Seeds.Change(_lower, "u", "hidden");
        Seeds.Change(_lower, "l", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
    }

    [Fact]
    public async Task A_secret_that_goes_above_and_is_there_below_is_rotated_and_the_other_way_round()
    {
        await using var chain = new ChainedProvider([new(_upper), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        Seeds.Change(_upper, "both", null);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "both"));
        Assert.Equal("lower", await chain.TextAsync("both"));
        Seeds.Change(_upper, "both", "again");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "both"));
        Seeds.Change(_upper, "l", "above");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
    }

    [Fact]
    public async Task What_is_new_or_gone_everywhere_is_told_as_such()
    {
        await using var chain = new ChainedProvider([new(_upper), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        foreach (var provider in new[] { _upper, _lower })
        {
            Seeds.Change(provider, "new", "1");
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "new"));
            Seeds.Change(provider, "new", "2");
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "new"));
            Seeds.Change(provider, "new", null);
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Removed, "new"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_link_hides_that_tells_of_nothing_is_hidden_too(bool isInAnotherChain)
    {
        var name = $"T{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(name, "above");
        try
        {
            ISecretProvider above = isInAnotherChain ? new ChainedProvider([new(new EnvironmentProvider()), new(_upper)]) : new EnvironmentProvider();
            await using var chain = new ChainedProvider([new(above), new(_lower)]);
            await using var watch = new ChangeReader(chain);
            foreach (var value in new[] { "1", "2", null }) Seeds.Change(_lower, name, value);
            Seeds.Change(_lower, "l", "2");
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task No_link_is_asked_for_a_secret_that_nobody_asked_for()
    {
        var (upper, lower) = (new FaultyProvider(_upper), new FaultyProvider(_lower));
        await using var chain = new ChainedProvider([new(upper), new(lower)]);
        await using var watch = new ChangeReader(chain);
        Seeds.Change(_lower, "l", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
        Seeds.Change(_upper, "both", null);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "both"));
        Seeds.Change(_upper, "new", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "new"));
        Assert.Empty(upper.Asked.Concat(lower.Asked));
    }

    [Fact]
    public async Task What_happens_while_a_watch_begins_is_told_as_what_it_was()
    {
        var isDone = false;
        var wire = new FaultyProvider(_upper);
        wire.BeforeKeys = () =>
        {
            if (isDone) return;
            isDone = true;
            Seeds.Change(_upper, "new", "1");
            Seeds.Change(_upper, "u", null);
            Seeds.Change(_upper, "both", null);
            Seeds.Change(_upper, "l", "above");
        };
        await using var chain = new ChainedProvider([new(wire), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        var told = new List<string>(); // they may come together, or one after the other
        while (told.Count < 4 && await watch.NextAsync() is { } change) told.AddRange(change.Keys.Select(key => $"{change.Kind} {key}"));
        Assert.Equal(["Added new", "Removed u", "Rotated both", "Rotated l"], told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_rotated_file_is_told_of_and_read_through_the_chain()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("DATABASE_URL", "1"));
        await using var chain = new ChainedProvider([new(new EnvironmentProvider()), new(await FileProvider.OpenAsync(place.Options))]);
        await using var watch = place.Watch(chain);
        place.Change("DATABASE_URL", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "DATABASE_URL"));
        Assert.Equal("2", await chain.TextAsync("DATABASE_URL"));
        Assert.Equal("file", (await chain.TryGetAsync("DATABASE_URL")).ResolvedFrom);
    }

    [Theory]
    [InlineData(OnLinkError.FailFast)]
    [InlineData(OnLinkError.Continue)]
    [InlineData(OnLinkError.LastGood)]
    public async Task A_watch_of_a_link_that_breaks_ends_the_watch_only_where_the_chain_fails_fast(OnLinkError policy)
    {
        var outage = new SecretUnavailableException("upper", "The wire is cut.");
        var wire = new FaultyProvider(_upper) { Outage = outage };
        await using var chain = new ChainedProvider([new(wire, policy), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        wire.CutWatches();
        if (policy is OnLinkError.FailFast)
        {
            Assert.Same(outage, await Assert.ThrowsAsync<SecretUnavailableException>(watch.NextAsync));
            return;
        }
        Seeds.Change(_lower, "l", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_that_the_chain_does_without_hides_nothing_while_it_is_away(bool endsWatches)
    {
        var wire = new FaultyProvider(_upper);
        await using var chain = new ChainedProvider([new(wire, OnLinkError.Continue), new(_lower)]);
        await using var watch = new ChangeReader(chain);
        Seeds.Change(_lower, "both", "hidden");
        Seeds.Change(_lower, "l", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
        wire.Outage = new("upper", "The wire is cut.");
        if (endsWatches) wire.CutWatches();
        Assert.Equal("hidden", await chain.TextAsync("both"));
        Seeds.Change(_lower, "both", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "both"));
        Assert.Equal("2", await chain.TextAsync("both"));
        wire.Outage = null;
        Seeds.Change(_lower, "both", "hidden again");
        Seeds.Change(_lower, "l", "3");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
    }

    [Fact]
    public async Task A_link_that_goes_on_giving_its_last_good_values_goes_on_hiding_what_is_below_it()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("both", "upper"));
        var file = await FileProvider.OpenAsync(place.Options);
        await using var chain = new ChainedProvider([new(file, OnLinkError.Continue), new(_lower)]);
        await using var watch = place.Watch(chain);
        File.Delete(place.Path);
        await place.TickUntil(() => file.LastError is not null);
        Seeds.Change(_lower, "both", "2");
        Seeds.Change(_lower, "both", null);
        Assert.Equal("upper", await chain.TextAsync("both"));
        Seeds.Change(_lower, "l", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "l"));
    }

    [Fact]
    public async Task A_watch_of_links_that_tell_of_nothing_is_over_at_once()
    {
        await using var chain = new ChainedProvider([new(new EnvironmentProvider())]);
        await using var watch = new ChangeReader(chain);
        Assert.Null(await watch.NextAsync());
    }
}
