using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;
using Mill.Testing;
using Mill.Tests.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>It is a provider like the one it is made of.</summary>
public sealed class RedactedProviderSuite : SecretProviderSuite
{
    protected override ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var (memory, values) = (Seeds.Memory("memory", secrets), new RedactionSet());
        return new(new ProviderUnderTest(new RedactedProvider(memory, values)) { Change = (key, value) => Seeds.Change(memory, key, value), CleanUp = values.Dispose });
    }
}

/// <summary>What it gave, and what it was given, is masked.</summary>
public sealed class RedactedProviderTests : IDisposable
{
    private readonly RedactionSet _values = new();

    public void Dispose() => _values.Dispose();

    [Fact]
    public async Task A_value_is_masked_once_it_was_read_or_set()
    {
        await using var provider = new RedactedProvider(Seeds.Memory("memory", ("a", "value-one"), ("b", "value-two")), _values);
        Assert.Equal("value-one", _values.Redact("value-one"));
        Assert.Equal("value-one", await provider.TextAsync("a"));
        await provider.SetAsync("c", "value-three");
        Assert.Null(await provider.TextAsync("none"));
        Assert.Equal("[REDACTED] value-two [REDACTED]", _values.Redact("value-one value-two value-three"));
    }

    [Fact]
    public async Task A_look_at_the_place_itself_goes_through()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "value-one"));
        await using var provider = new RedactedProvider(await FileProvider.OpenAsync(place.Options), _values);
        place.Change("a", "value-two");
        await SecretProviderExtensions.RefreshAsync(provider, "a");
        Assert.Equal("value-two", await provider.TextAsync("a"));
    }

    [Fact]
    public async Task What_a_secret_was_before_stays_masked()
    {
        var memory = Seeds.Memory("memory", ("a", "value-one"));
        await using var provider = new RedactedProvider(memory, _values);
        await provider.TextAsync("a");
        Seeds.Change(memory, "a", "value-two");
        await provider.TextAsync("a");
        Assert.Equal("[REDACTED] [REDACTED]", _values.Redact("value-one value-two"));
    }

    [Fact]
    public async Task Writes_that_fail_are_masked_and_take_no_mask_from_the_value_that_stays()
    {
        var wire = new FaultyProvider(Seeds.Memory("memory", ("a", "value-live")));
        await using var provider = new RedactedProvider(wire, _values);
        await provider.TextAsync("a");
        wire.Outage = new("memory", "The wire was cut.");
        for (var round = 0; round < 2 * RedactionSet.KeptPerName; round++)
        {
            var text = $"value-failed-{round}";
            await Assert.ThrowsAsync<SecretUnavailableException>(() => provider.SetAsync("a", text));
            Assert.Equal("[REDACTED] [REDACTED]", _values.Redact($"value-live {text}"));
        }
        wire.Outage = null;
        await provider.SetAsync("a", "value-next");
        Assert.Equal("[REDACTED] [REDACTED]", _values.Redact("value-live value-next"));
    }

    [Fact]
    public async Task Values_of_the_environment_are_masked_though_no_key_is_listed()
    {
        var name = $"T{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(name, "value-one");
        try
        {
            foreach (var prefix in (string?[])[null, name[..8]])
            {
                using var values = new RedactionSet();
                await using var provider = new RedactedProvider(new EnvironmentProvider(new() { ListedPrefix = prefix }), values);
                Assert.Equal(prefix is null ? [] : [name], (await provider.KeysAsync()).Keys);
                Assert.Equal("value-one", values.Redact("value-one"));
                Assert.Equal("value-one", await provider.TextAsync(name));
                Assert.Equal("[REDACTED]", values.Redact("value-one"));
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task A_line_asks_the_provider_for_nothing()
    {
        var wire = new FaultyProvider(Seeds.Memory("memory", ("a", "value-one")));
        await using var provider = new RedactedProvider(wire, _values);
        await provider.TextAsync("a");
        wire.Asked.Clear();
        for (var line = 0; line < 100; line++) Assert.Equal("[REDACTED]", _values.Redact("value-one"));
        Assert.Empty(wire.Asked);
    }

    [Fact]
    public async Task The_same_key_of_two_providers_is_two_secrets()
    {
        await using var left = new RedactedProvider(Seeds.Memory("left", ("a", "value-one")), _values);
        await using var right = new RedactedProvider(Seeds.Memory("right", ("a", "value-two")), _values);
        for (var round = 0; round < RedactionSet.KeptPerName; round++) await left.SetAsync("a", $"value-left-{round}");
        await right.TextAsync("a");
        Assert.Equal("[REDACTED] [REDACTED]", _values.Redact("value-two value-left-0"));
    }

    [Fact]
    public async Task Nobody_gets_a_value_that_cannot_be_masked()
    {
        await using var provider = new RedactedProvider(Seeds.Memory("memory", ("a", "value-one")), _values);
        _values.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await provider.TryGetAsync("a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await provider.SetAsync("b", "value-two"));
    }
}
