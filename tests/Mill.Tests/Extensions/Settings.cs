using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Mill.Extensions.Configuration;
using Mill.Secrets.Providers;
using Mill.Testing;
using Mill.Tests.Secrets.Providers;

namespace Mill.Tests.Extensions;

/// <summary>A configuration whose secrets a test changes, with a clock that the test moves.</summary>
internal sealed class Settings : IAsyncDisposable
{
    private int _reloads;

    public Settings(params (string Key, string Value)[] secrets)
    {
        Memory = new("memory", Seeds.Of(secrets));
        Wire = new(Memory);
    }

    public MemoryProvider Memory { get; }

    /// <summary>What is between the configuration and the memory.</summary>
    public FaultyProvider Wire { get; }

    public ManualTime Time { get; } = new();

    public IConfigurationRoot Root { get; private set; } = new ConfigurationBuilder().Build();

    public MillConfigurationProvider Provider => Root.Providers.OfType<MillConfigurationProvider>().Single();

    /// <summary>How often the root told of a change.</summary>
    public int Reloads => Volatile.Read(ref _reloads);

    public static async Task<Settings> LoadAsync(Action<MillConfigurationOptions>? configure = null, params (string Key, string Value)[] secrets)
    {
        var settings = new Settings(secrets);
        await settings.LoadAsync(configure);
        return settings;
    }

    /// <summary>Loads while time passes: by itself, or only while this many timers wait, so that none of it goes by while something is being done.</summary>
    public async Task LoadAsync(Action<MillConfigurationOptions>? configure = null, int armed = 0)
    {
        var loading = Task.Run(() => new ConfigurationBuilder().AddMillSecrets(Wire, options =>
        {
            // Time flies here: a limit in the way of nothing is one that is far away.
            (options.Time, options.StartTimeout) = (Time, TimeSpan.FromDays(30));
            configure?.Invoke(options);
        }).Build());
        await ChangeReader.TickUntil(() => loading.IsCompleted, () =>
        {
            if (Time.ArmedTimers >= armed) Time.Advance(TimeSpan.FromMilliseconds(100));
        });
        Root = await loading;
        ChangeToken.OnChange(Root.GetReloadToken, () => Interlocked.Increment(ref _reloads));
    }

    public Task SetAsync(string key, string value) => Seeds.SetAsync(Memory, key, value);

    /// <summary>Lets time pass until this is so.</summary>
    public Task UntilAsync(Func<bool> condition) => ChangeReader.TickUntil(condition, () => Time.Advance(TimeSpan.FromMilliseconds(100)));

    public Task UntilAsync(string name, string? value) => UntilAsync(() => Root[name] == value);

    public async Task PassAsync(TimeSpan time)
    {
        var end = Time.GetUtcNow() + time;
        await UntilAsync(() => Time.GetUtcNow() >= end);
    }

    public SecretUnavailableException Cut() => Wire.Outage = new("memory", "The wire was cut.");

    public ValueTask DisposeAsync()
    {
        (Root as IDisposable)?.Dispose();
        return Wire.DisposeAsync();
    }
}
