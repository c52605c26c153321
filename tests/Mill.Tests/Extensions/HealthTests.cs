using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Mill.Secrets.Providers;
using Mill.Testing;
using Mill.Tests.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>How an application with secrets says that it is well.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task It_is_healthy_then_unhealthy_then_healthy_again_and_never_tells_a_value()
    {
        var time = new ManualTime();
        await using var wire = new FaultyProvider(Seeds.Memory("memory", ("a", "canary"), ("b", "canary")));
        await using var services = Services(time, wire).BuildServiceProvider();
        var well = await CheckAsync(services);
        Assert.Equal((HealthStatus.Healthy, 2, "0 s"), (well.Status, well.Data["secrets: secrets"], well.Data["secrets: age"]));
        wire.Outage = new("memory", "The wire was cut.");
        time.Advance(TimeSpan.FromSeconds(90));
        var ill = await CheckAsync(services);
        Assert.Equal((HealthStatus.Unhealthy, 0, "90 s", "storage_unavailable"), (ill.Status, ill.Data["secrets: secrets"], ill.Data["secrets: age"], ill.Data["secrets: error"]));
        Assert.Equal("Secrets cannot be had: storage_unavailable.", ill.Description); // what is said here is logged, and messages may name secrets
        wire.Outage = null;
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
        foreach (var report in (HealthReportEntry[])[well, ill]) Assert.DoesNotContain("canary", $"{report.Description}{string.Join(' ', report.Data)}{report.Exception}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_degraded_while_the_last_good_values_are_given()
    {
        var time = new ManualTime();
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var file = await FileProvider.OpenAsync(place.Options);
        await using var services = Services(time, file).BuildServiceProvider();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
        File.Delete(place.Path);
        await ChangeReader.TickUntil(() => file.LastError is not null, place.Tick);
        var report = await CheckAsync(services);
        Assert.Equal((HealthStatus.Degraded, 1), (report.Status, report.Data["secrets: secrets"]));
    }

    [Fact]
    public async Task Settings_that_come_from_secrets_are_looked_at_too()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"));
        await using var services = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(settings.Root).AddHealthChecks().AddMillSecrets().Services.BuildServiceProvider();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
        settings.Cut();
        await settings.UntilAsync(() => settings.Provider.LastError is not null);
        var report = await CheckAsync(services);
        Assert.Equal((HealthStatus.Degraded, 1, "storage_unavailable"), (report.Status, report.Data["settings from memory: secrets"], report.Data["settings from memory: error"]));
        settings.Wire.Outage = null;
        await settings.UntilAsync(() => settings.Provider.LastError is null);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(services)).Status);
    }

    [Fact]
    public async Task Each_vault_has_a_check_of_its_own_and_the_registration_says_what_a_failure_is()
    {
        await using var wire = new FaultyProvider(new MemoryProvider()) { Outage = new("memory", "The wire was cut.") };
        await using var services = new ServiceCollection()
            .AddKeyedMillSecrets("good", options => options.Create = _ => new(Seeds.Memory("x", ("a", "1"))))
            .AddKeyedMillSecrets("bad", options => options.Provider = wire)
            .AddHealthChecks().AddMillSecrets("one", "good").AddMillSecrets("other", "bad", HealthStatus.Degraded).AddMillSecrets("none").Services.BuildServiceProvider();
        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal((HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Unhealthy), (report.Entries["one"].Status, report.Entries["other"].Status, report.Entries["none"].Status));
    }

    [Fact]
    public async Task However_often_secrets_are_added_there_is_one_check_of_each_provider()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("one", ("a", "1"))));
        builder.AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("two", ("b", "1"))));
        builder.Services.AddKeyedMillSecrets("payments", options => options.Create = _ => new(Seeds.Memory("x", ("a", "1"))));
        builder.Services.AddHealthChecks().AddMillSecrets(serviceKey: "payments").AddMillSecrets(tags: ["ready"]).AddMillSecrets("other");
        using var host = builder.Build();
        await host.StartAsync();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(["mill", "mill-payments", "other"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(report.Entries.Values, entry => Assert.Equal(HealthStatus.Healthy, entry.Status));
        Assert.Equal(["ready"], report.Entries["mill"].Tags); // the last word counts
        await host.StopAsync();
    }

    [Fact]
    public async Task A_name_that_two_providers_are_given_is_said()
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddKeyedMillSecrets("a", options => options.Create = _ => new(Seeds.Memory("x", ("a", "1"))))
            .AddHealthChecks().AddMillSecrets("same", "a").AddMillSecrets("same", "b").Services.BuildServiceProvider();
        Assert.Contains("same", Assert.Throws<ArgumentException>(() => services.GetRequiredService<HealthCheckService>()).Message, StringComparison.Ordinal);
    }

    private static IServiceCollection Services(TimeProvider time, ISecretProvider provider) =>
        new ServiceCollection().AddSingleton(time).AddMillSecrets(options => options.Provider = provider).AddHealthChecks().AddMillSecrets().Services;

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services) => (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["mill"];
}
