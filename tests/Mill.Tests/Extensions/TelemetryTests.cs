using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Extensions;
using Mill.Extensions.Http;
using Mill.Extensions.Services;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Tests.Client;
using Mill.Tests.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>What is counted and traced, and what is not told by it.</summary>
public sealed class TelemetryTests
{
    private const string Key = "canary-name";

    [Fact]
    public async Task Lookups_failures_reloads_and_ages_are_counted_without_names_of_secrets()
    {
        var measured = new ConcurrentQueue<(string Instrument, double Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MillTelemetry.Name) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measure(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measure(instrument, value, tags));
        listener.Start();

        var name = $"p{Guid.NewGuid():N}";
        await using var settings = await Settings.LoadAsync(options => options.Name = name, (Key, "1"));
        await using var services = new ServiceCollection().AddMillSecrets(options => (options.Name, options.Provider) = (name + "-service", settings.Wire)).BuildServiceProvider();
        var secrets = services.GetRequiredService<ISecretProvider>();
        await secrets.TextAsync(Key);
        await secrets.TextAsync("none");
        var wire = new TaskCompletionSource();
        settings.Wire.Delay = wire.Task;
        var waiting = secrets.TextAsync(Key);
        wire.SetResult();
        await waiting;
        await secrets.SetAsync("other", "1");
        settings.Cut();
        await secrets.TryGetAsync(Key);
        await settings.UntilAsync(() => settings.Provider.LastError is not null);
        settings.Wire.Outage = null;
        await settings.SetAsync(Key, "2");
        // Of the two providers the one is watched by its settings, the other by nobody.
        string[] providers = [name, name + "-service"];
        await settings.UntilAsync(() => settings.Reloads > 0 && providers.All(provider => measured.Any(one => one.Instrument is "mill.secrets.rotations" && one.Tags == $"mill.provider={provider}")));
        await settings.PassAsync(TimeSpan.FromSeconds(1));
        listener.RecordObservableInstruments();

        var mine = measured.Where(one => one.Tags.Contains($"mill.provider={name}", StringComparison.Ordinal)).ToList();
        var own = mine.Where(one => one.Tags.Contains($"{name}-service", StringComparison.Ordinal)).ToList();
        // Each lookup is one of these, and none of it two.
        Assert.Equal(["found mill.cache=hit", "found mill.cache=miss", "not_found mill.cache=hit", "unavailable mill.cache=hit"], own.Where(one => one.Instrument is "mill.secrets.gets").Select(one => one.Tags[(one.Tags.LastIndexOf("outcome=", StringComparison.Ordinal) + 8)..]).Order(StringComparer.Ordinal));
        Assert.Single(own, one => one.Instrument is "mill.secrets.failures");
        Assert.Equal(
            ["get mill.outcome=found", "get mill.outcome=found", "get mill.outcome=not_found", "get mill.outcome=unavailable", "set mill.outcome=done"],
            own.Where(one => one.Instrument is "mill.secrets.duration").Select(one => one.Tags[(one.Tags.IndexOf("operation=", StringComparison.Ordinal) + 10)..]).Order(StringComparer.Ordinal));
        Assert.All(mine.Where(one => one.Instrument is "mill.secrets.duration"), one => Assert.True(one.Value >= 0));
        foreach (var outcome in (string[])["changed", "failed"]) Assert.Contains(mine, one => one.Instrument is "mill.secrets.refreshes" && one.Tags.Contains($"mill.outcome={outcome}", StringComparison.Ordinal));
        Assert.Contains(mine, one => one.Instrument is "mill.secrets.failures" && one.Tags.Contains("error.type=storage_unavailable", StringComparison.Ordinal));
        Assert.All(providers, provider => Assert.Equal(1, mine.Where(one => one.Instrument is "mill.secrets.rotations" && one.Tags == $"mill.provider={provider}").Sum(one => one.Value)));
        Assert.Contains(mine, one => one is { Instrument: "mill.secrets.age", Value: >= 0 });
        Assert.DoesNotContain(mine, one => one.Tags.Contains("canary", StringComparison.Ordinal));

        void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        }
    }

    [Fact]
    public async Task The_size_of_the_cache_is_measured_while_there_is_one()
    {
        var sizes = new ConcurrentQueue<int>();
        var name = $"p{Guid.NewGuid():N}";
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MillTelemetry.Name && instrument.Name is "mill.secrets.cached") listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            if (tags[0] is { Key: "mill.provider", Value: var provider } && Equals(provider, name)) sizes.Enqueue(value);
        });
        listener.Start();
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        foreach (var key in (string[])["a", "b"]) mill.On($"GET /v1/secrets/{key}", $$"""{"name":"{{key}}","version":1,"value":"1","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        mill.Fail("GET /v1/secrets/none", 404, "not_found");
        await using (var secrets = new HostedSecrets(new() { Name = name, Vault = new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } } }))
        {
            listener.RecordObservableInstruments();
            foreach (var key in (string[])["a", "b", "none", "a"])
            {
                await secrets.TextAsync(key);
                listener.RecordObservableInstruments();
            }
        }
        listener.RecordObservableInstruments();
        Assert.Equal([0, 1, 2, 2, 2], sizes);
    }

    [Fact]
    public async Task Calls_to_a_server_are_traced_by_what_they_are_and_not_by_the_secret()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MillTelemetry.Client,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("GET /v1/secrets/canary-gone", 403, "forbidden");
        using var client = mill.Connect();
        await Assert.ThrowsAsync<MillException>(() => client.GetAsync(Key));
        await Assert.ThrowsAsync<MillException>(() => client.GetAsync("canary-gone", 3));
        await Assert.ThrowsAsync<MillException>(() => client.GetAsync("canary-gone"));

        var mine = ended.Where(activity => Equals(activity.GetTagItem("server.port"), mill.Address.Port)).ToList();
        Assert.Equal(["not_found", "not_found", "forbidden"], mine.Select(activity => activity.GetTagItem("error.type")));
        Assert.All(mine, activity => Assert.Equal(("GET /v1/secrets", "/v1/secrets", ActivityStatusCode.Error, ActivityKind.Client), (activity.DisplayName, activity.GetTagItem("url.template"), activity.Status, activity.Kind)));
        Assert.All(mine, activity => Assert.DoesNotContain("canary", string.Join(' ', activity.TagObjects) + activity.DisplayName + activity.StatusDescription, StringComparison.Ordinal));
        Assert.All(mine, activity => Assert.DoesNotContain(FakeMill.Token, string.Join(' ', activity.TagObjects), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_happens_by_itself_is_traced_with_how_it_ended_and_without_names()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MillTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var name = $"p{Guid.NewGuid():N}";
        await using var settings = await Settings.LoadAsync(options => options.Name = name, (Key, "1"));
        settings.Cut();
        await settings.UntilAsync(() => settings.Provider.LastError is not null);
        settings.Wire.Outage = null;
        await settings.SetAsync(Key, "2");
        await settings.UntilAsync(() => ended.Any(activity => Equals(activity.GetTagItem("mill.provider"), name) && activity.GetTagItem("mill.outcome") is "changed"));
        await using var secrets = new HostedSecrets(new() { Name = name, Provider = settings.Wire });
        await secrets.RefreshAsync(Key);
        await using var broken = new HostedSecrets(new() { Name = name, Create = _ => throw new SecretUnavailableException("place", $"There is no {Key}.") });
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await broken.RefreshAsync(Key));
        using var handler = new SecretTokenHandler(secrets, Key, new(), TimeProvider.System, NullLogger.Instance) { InnerHandler = new Refusing() };
        using var http = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost/");
        (await http.SendAsync(request, CancellationToken.None)).Dispose();

        var mine = ended.Where(activity => Equals(activity.GetTagItem("mill.provider"), name)).ToList();
        var told = mine.Select(activity => $"{activity.OperationName} {activity.GetTagItem("mill.outcome")} {activity.GetTagItem("error.type")} {activity.Status}").ToHashSet();
        foreach (var expected in (string[])["open done  Unset", "open failed storage_unavailable Error", "reload changed  Unset", "reload failed storage_unavailable Error", "refresh done  Unset", "refresh failed storage_unavailable Error", "refused unchanged  Unset"])
            Assert.Contains($"mill.secrets.{expected}", told);
        Assert.All(mine, activity => Assert.DoesNotContain("canary", string.Join(' ', activity.TagObjects) + activity.DisplayName + activity.StatusDescription, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("unavailable")]
    [InlineData("configuration")]
    [InlineData("unsupported")]
    public async Task What_fails_is_traced_and_measured_once_as_a_failure_of_its_kind(string kind)
    {
        SecretProviderException failure = kind switch
        {
            "unavailable" => new SecretUnavailableException("place", $"{Key} is out of reach."),
            "configuration" => new SecretConfigurationException("place", $"{Key} is wrong."),
            _ => new SecretUnsupportedException("place", $"{Key} is not for here."),
        };
        var (ended, took, name) = (new ConcurrentQueue<Activity>(), new ConcurrentQueue<string>(), $"p{Guid.NewGuid():N}");
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MillTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(traces);
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MillTelemetry.Name && instrument.Name is "mill.secrets.duration") listening.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var said = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (Equals(said["mill.provider"], name)) took.Enqueue($"{said["mill.operation"]} {said["mill.outcome"]}");
        });
        meters.Start();
        await using var secrets = new HostedSecrets(new() { Name = name, Provider = new Failing(failure) });
        using var value = SecretValue.FromText("1");
        Assert.Same(failure, (await secrets.TryGetAsync(Key)).Error);
        Assert.Same(failure, await Assert.ThrowsAnyAsync<SecretProviderException>(async () => await secrets.SetAsync(Key, value)));
        Assert.Same(failure, Assert.Single((await secrets.KeysAsync()).Errors));
        Assert.Same(failure, await Assert.ThrowsAnyAsync<SecretProviderException>(async () => await secrets.RefreshAsync(Key)));

        Assert.Equal(["get unavailable", "set failed", "keys failed", "refresh failed"], took);
        var mine = ended.Where(activity => Equals(activity.GetTagItem("mill.provider"), name) && activity.OperationName is not "mill.secrets.open").ToList();
        Assert.Equal(["get unavailable", "set failed", "keys failed", "refresh failed"], mine.Select(activity => $"{activity.OperationName[13..]} {activity.GetTagItem("mill.outcome")}"));
        Assert.All(mine, activity => Assert.Equal((failure.Error.ToCode(), ActivityStatusCode.Error), (activity.GetTagItem("error.type"), activity.Status)));
        Assert.All(mine, activity => Assert.DoesNotContain("canary", string.Join(' ', activity.TagObjects) + activity.DisplayName + activity.StatusDescription, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_listens_and_fails_keeps_nobody_from_secrets_and_changes(bool failsAtStart)
    {
        var isMine = new AsyncLocal<bool> { Value = true }; // others listen to the same at this time
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MillTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => isMine.Value ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStarted = _ => Break(failsAtStart),
            ActivityStopped = _ => Break(!failsAtStart),
        };
        ActivitySource.AddActivityListener(traces);
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == MillTelemetry.Name) listening.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, _, _, _) => Break(true));
        meters.SetMeasurementEventCallback<double>((_, _, _, _) => Break(true));
        meters.Start();

        var attempts = 0;
        await using var secrets = new HostedSecrets(new() { Create = _ => attempts++ == 0 ? throw new IOException() : new(Seeds.Memory("memory", (Key, "1"))) });
        var first = await secrets.TryGetAsync(Key).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((SecretLookupStatus.Unavailable, MillError.Internal), (first.Status, first.Error!.Error));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!(await secrets.TryGetAsync(Key, limit.Token)).IsFound) await Task.Yield();
        await secrets.RefreshAsync(Key);
        await using var settings = await Settings.LoadAsync(null, (Key, "1"));
        await settings.SetAsync(Key, "2");
        await settings.UntilAsync(() => settings.Reloads == 1);
        Assert.Equal("2", settings.Root[Key]);

        void Break(bool breaks)
        {
            if (breaks && isMine.Value) throw new InvalidOperationException("Whoever listens may fail.");
        }
    }

    private sealed class Failing(SecretProviderException failure) : IRefreshableSecretProvider
    {
        public string Name => "place";

        public SecretCapabilities Capabilities => SecretCapabilities.Read | SecretCapabilities.Write | SecretCapabilities.List;

        public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default) => new(SecretLookup.Unavailable(failure));

        public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default) => ValueTask.FromException(failure);

        public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default) => new(new SecretKeys([], [failure]));

        public ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default) => ValueTask.FromException(failure);

        public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<SecretChange>();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Refusing : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized));
    }
}
