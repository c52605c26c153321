using Mill.Extensions;
using Mill.Extensions.Services;
using Mill.Secrets.Providers;
using Mill.Testing;
using Mill.Tests.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>How old what is given may be, as the metrics tell it.</summary>
public sealed class FreshnessTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task What_one_link_of_a_chain_answers_says_nothing_of_another_that_is_away()
    {
        var wire = new FaultyProvider(Seeds.Memory("lower", ("b", "1")));
        await using var secrets = Hosted(new ChainedProvider([new(Seeds.Memory("upper", ("a", "1"))), new(wire, OnLinkError.Continue)]));
        Assert.Equal("1", await secrets.TextAsync("b"));
        Assert.Equal(TimeSpan.Zero, secrets.Freshness.Age);
        wire.Outage = new("lower", "The wire was cut.");
        for (var minute = 1; minute <= 3; minute++)
        {
            _time.Advance(Minute);
            Assert.Equal(SecretLookupStatus.Unavailable, (await secrets.TryGetAsync("b")).Status);
            Assert.Equal("1", await secrets.TextAsync("a"));
            Assert.Equal(minute * Minute, secrets.Freshness.Age);
        }
        wire.Outage = null;
        Assert.Equal("1", await secrets.TextAsync("b"));
        Assert.Equal(TimeSpan.Zero, secrets.Freshness.Age);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_again_grows_old_however_often_it_is_asked()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var file = await FileProvider.OpenAsync(place.Options);
        await using var secrets = Hosted(file);
        Assert.Equal("1", await secrets.TextAsync("a"));
        File.Delete(place.Path);
        await place.TickUntil(() => file.LastError is not null);
        for (var minute = 1; minute <= 3; minute++)
        {
            _time.Advance(Minute);
            Assert.Equal("1", await secrets.TextAsync("a"));
            Assert.Equal(minute * Minute, secrets.Freshness.Age);
        }
        place.Change("a", "2");
        await place.TickUntil(() => file.LastError is null);
        Assert.Equal("2", await secrets.TextAsync("a"));
        Assert.Equal(TimeSpan.Zero, secrets.Freshness.Age);
    }

    [Fact]
    public async Task A_file_in_a_chain_grows_old_too_whoever_answers_and_is_well_once_it_can_be_read()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var file = await FileProvider.OpenAsync(place.Options);
        await using var secrets = Hosted(new ChainedProvider([new(Seeds.Memory("upper", ("b", "1"))), new(file, OnLinkError.Continue)]));
        Assert.Equal("1", await secrets.TextAsync("a"));
        File.Delete(place.Path);
        await place.TickUntil(() => file.LastError is not null);
        Assert.NotNull((await secrets.AskAsync(CancellationToken.None)).Error);
        for (var minute = 1; minute <= 3; minute++)
        {
            _time.Advance(Minute);
            foreach (var key in (string[])["a", "b"]) Assert.Equal("1", await secrets.TextAsync(key));
            Assert.Equal(minute * Minute, secrets.Freshness.Age);
        }
        place.Change("a", "2");
        await place.TickUntil(() => file.LastError is null);
        Assert.Equal("1", await secrets.TextAsync("b"));
        Assert.Equal(TimeSpan.Zero, secrets.Freshness.Age);
    }

    [Fact]
    public async Task A_place_that_could_not_be_opened_at_first_is_well_once_it_answers()
    {
        var isThere = false;
        await using var secrets = new HostedSecrets(new()
        {
            Start = SecretStart.Optional,
            Time = _time,
            Create = _ => Volatile.Read(ref isThere) ? new(new ChainedProvider([new(Seeds.Memory("memory", ("a", "1")))])) : throw new SecretUnavailableException("place", "It is not there yet."),
        });
        Assert.Equal(SecretLookupStatus.Unavailable, (await secrets.TryGetAsync("a")).Status);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), secrets.Freshness.Age);
        Volatile.Write(ref isThere, true);
        await ChangeReader.TickUntil(() => secrets.Freshness.Age == TimeSpan.Zero, () => _time.Advance(TimeSpan.FromMilliseconds(100)));
        Assert.Equal("1", await secrets.TextAsync("a"));
        Assert.Equal(_time.GetUtcNow(), secrets.Freshness.Answered);
    }

    private HostedSecrets Hosted(ISecretProvider provider) => new(new() { Create = _ => new(provider), Time = _time });
}
