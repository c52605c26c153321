using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mill.ClusterTests.Processes;
using Mill.ClusterTests.Providers;
using Mill.Extensions;
using Mill.Extensions.Configuration;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.ClusterTests.Extensions;

/// <summary>An application whose settings are in a real vault, which goes away and comes back.</summary>
public sealed class VaultSettingsTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly VaultServer _vault = new();

    private string TokenFile => _vault.PathOf("token");

    public Task InitializeAsync() => _vault.InitializeAsync();

    public Task DisposeAsync() => _vault.DisposeAsync();

    public void Dispose() => _vault.Dispose();

    [Fact]
    public async Task A_vault_that_is_away_at_the_start_is_an_error_or_the_last_good_values_or_waited_for()
    {
        await _vault.SetAsync("app/a__b", "1");
        var lastGood = _vault.PathOf("last-good");
        using (var first = Load(SecretStart.LastGood, lastGood)) Assert.Equal("1", first.Root["a:b"]);
        await _vault.StopAsync();

        var refused = Assert.Throws<SecretUnavailableException>(() => Load(SecretStart.Required));
        Assert.Equal("vault", refused.Provider);
        Assert.Contains("within 0.5 s", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_vault.Sandbox.Token!, refused.ToString(), StringComparison.Ordinal);
        using var last = Load(SecretStart.LastGood, lastGood);
        using var none = Load(SecretStart.Optional);
        Assert.Equal(("1", null), (last.Root["a:b"], none.Root["a:b"]));
        Assert.Throws<SecretUnavailableException>(() => Load(SecretStart.LastGood, _vault.PathOf("no-such-file")));

        await _vault.AsideAsync(vault => vault.SetAsync("app/a__b", "2"));
        await _vault.StartAsync();
        foreach (var settings in (Loaded[])[last, none])
        {
            await IsAsync(settings.Root, "a:b", "2");
            await Until.TrueAsync("it has told of it, and says that all is well", Patience, () => Task.FromResult(settings.Reloads > 0 && settings.Root.Providers.OfType<MillConfigurationProvider>().Single().LastError is null));
        }
    }

    [Fact]
    public async Task An_application_goes_on_through_an_outage_and_a_token_that_is_revoked()
    {
        await _vault.SetAsync("Database__Password", "1");
        var (first, second) = (await _vault.CreateTokenAsync("reader"), await _vault.CreateTokenAsync("reader"));
        await File.WriteAllTextAsync(TokenFile, first.Token);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillSecrets(options => (options.Vault, options.RefreshInterval) = (_vault.Options() with { TokenFile = TokenFile }, TimeSpan.FromSeconds(1)));
        builder.Services.AddOptions<Database>().BindConfiguration("Database");
        using var host = builder.Build();
        await host.StartAsync();
        var options = host.Services.GetRequiredService<IOptionsMonitor<Database>>();
        await HasAsync("1", HealthStatus.Healthy);
        await _vault.SetAsync("Database__Password", "2");
        await HasAsync("2", HealthStatus.Healthy);

        await _vault.StopAsync();
        await HasAsync("2", HealthStatus.Degraded);
        await _vault.AsideAsync(vault => vault.SetAsync("Database__Password", "3"));
        await _vault.StartAsync();
        await HasAsync("3", HealthStatus.Healthy);

        await _vault.RevokeAsync(first.Id);
        await _vault.SetAsync("Database__Password", "4");
        await HasAsync("3", HealthStatus.Degraded);
        await File.WriteAllTextAsync(TokenFile, second.Token);
        await HasAsync("4", HealthStatus.Healthy);
        await host.StopAsync();

        Task HasAsync(string password, HealthStatus status) => Until.TrueAsync($"the password is {password}, and all is {status}", Patience, async () =>
        {
            var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
            return options.CurrentValue.Password == password && report.Status == status;
        });
    }

    [Fact]
    public async Task The_chain_in_the_settings_may_name_the_vault_and_a_refused_token_ends_the_start_at_once()
    {
        await _vault.SetAsync("a", "1");
        var asked = new Dictionary<string, string?> { ["SECRET_PROVIDER_CHAIN"] = "memory,vault", ["MILL_ADDRESS"] = $"{_vault.Address}", ["MILL_TOKEN"] = _vault.Sandbox.Token };
        var settings = new ConfigurationBuilder().AddMillSecrets(options => options.Settings = asked.GetValueOrDefault).Build();
        Assert.Equal("1", settings["a"]);
        ((IDisposable)settings).Dispose();
        var (id, token) = await _vault.CreateTokenAsync("reader");
        await _vault.RevokeAsync(id);
        asked["MILL_TOKEN"] = token;
        var refused = Assert.Throws<SecretConfigurationException>(() => new ConfigurationBuilder().AddMillSecrets(options =>
            (options.Settings, options.StartTimeout) = (asked.GetValueOrDefault, TimeSpan.FromHours(1))).Build());
        Assert.DoesNotContain(token, refused.ToString(), StringComparison.Ordinal);
    }

    private Loaded Load(SecretStart start, string? lastGood = null) => new(new ConfigurationBuilder().AddMillSecrets(options =>
        (options.Vault, options.Name, options.Prefix, options.Start, options.StartTimeout, options.LastGoodFile) =
        (_vault.Options() with { LastGoodFile = lastGood }, "vault", "app/", start, _vault.IsRunning ? Patience : Short, lastGood)).Build());

    private static Task IsAsync(IConfiguration settings, string name, string value) => Until.TrueAsync($"{name} is {value}", Patience, () => Task.FromResult(settings[name] == value));

    private sealed class Loaded : IDisposable
    {
        private readonly IDisposable _watch;
        private int _reloads;

        public Loaded(IConfigurationRoot root) => (Root, _watch) = (root, Microsoft.Extensions.Primitives.ChangeToken.OnChange(root.GetReloadToken, () => Interlocked.Increment(ref _reloads)));

        public IConfigurationRoot Root { get; }

        public int Reloads => Volatile.Read(ref _reloads);

        public void Dispose()
        {
            _watch.Dispose();
            ((IDisposable)Root).Dispose();
        }
    }

    private sealed class Database
    {
        public string? Password { get; set; }
    }
}
