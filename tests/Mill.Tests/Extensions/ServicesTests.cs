using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mill.Extensions;
using Mill.Extensions.Logging;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;
using Mill.Testing;
using Mill.Tests.Secrets.Providers;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>Secrets among the services of an application.</summary>
public sealed class ServicesTests
{
    [Fact]
    public async Task A_provider_is_one_for_all_and_ends_with_the_container_however_that_is_disposed()
    {
        foreach (var isAsync in (bool[])[true, false])
        {
            var memory = Seeds.Memory("memory", ("a", "1"));
            var services = new ServiceCollection().AddMillSecrets(options => options.Create = _ => new(memory)).BuildServiceProvider(validateScopes: true);
            var secrets = services.GetRequiredService<ISecretProvider>();
            Assert.Same(secrets, services.GetRequiredService<ISecretProvider>());
            Assert.Equal("1", await secrets.TextAsync("a"));
            if (isAsync) await services.DisposeAsync();
            else services.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await memory.TryGetAsync("a"));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await secrets.TryGetAsync("a"));
        }
    }

    [Fact]
    public async Task A_provider_that_somebody_else_made_outlives_the_container()
    {
        await using var memory = Seeds.Memory("memory", ("a", "1"));
        await using (var services = new ServiceCollection().AddMillSecrets(options => options.Provider = memory).BuildServiceProvider())
            Assert.Equal("1", await services.GetRequiredService<ISecretProvider>().TextAsync("a"));
        Assert.Equal("1", await memory.TextAsync("a"));
    }

    [Fact]
    public async Task Several_vaults_are_told_apart_by_their_keys()
    {
        await using var services = new ServiceCollection()
            .AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("x", ("a", "none"))))
            .AddKeyedMillSecrets("payments", options => options.Create = _ => new(Seeds.Memory("x", ("a", "payments"))))
            .AddKeyedMillSecrets("mail", options => options.Create = _ => new(Seeds.Memory("x", ("a", "mail"))))
            .AddTransient<Consumer>()
            .BuildServiceProvider();
        var consumer = services.GetRequiredService<Consumer>();
        Assert.Equal(("none", "payments", "mail"), (await consumer.Own.TextAsync("a"), await consumer.Payments.TextAsync("a"), await services.GetRequiredKeyedService<ISecretProvider>("mail").TextAsync("a")));
        Assert.Equal(("secrets", "payments"), (consumer.Own.Name, consumer.Payments.Name));
    }

    [Fact]
    public async Task Without_anything_else_the_settings_of_the_application_say_where_secrets_come_from()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "from the file"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("SECRET_PROVIDER_CHAIN", "file"), new("SECRET_FILE_PATH", place.Path)]);
        builder.Services.AddMillSecrets();
        using var host = builder.Build();
        await host.StartAsync();
        Assert.Equal("from the file", await host.Services.GetRequiredService<ISecretProvider>().TextAsync("a"));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_does_not_start_without_what_is_required_and_does_without_what_is_not()
    {
        var time = new ManualTime();
        await using var wire = new FaultyProvider(Seeds.Memory("memory", ("a", "1"))) { Outage = new("memory", "The wire was cut.") };
        var refused = await Assert.ThrowsAsync<SecretUnavailableException>(() => StartAsync(SecretStart.Required));
        Assert.Contains("The wire was cut.", refused.Message, StringComparison.Ordinal);
        using var host = await StartAsync(SecretStart.Optional);
        var secrets = host.Services.GetRequiredService<ISecretProvider>();
        Assert.Equal(SecretLookupStatus.Unavailable, (await secrets.TryGetAsync("a")).Status);
        wire.Outage = null;
        Assert.Equal("1", await secrets.TextAsync("a"));

        async Task<IHost> StartAsync(SecretStart start)
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Services.AddSingleton<TimeProvider>(time); // whose clock the start goes by
            builder.Services.AddMillSecrets(options => (options.Provider, options.Start) = (wire, start));
            var host = builder.Build();
            var starting = host.StartAsync();
            await ChangeReader.TickUntil(() => starting.IsCompleted, () =>
            {
                if (time.ArmedTimers >= 2) time.Advance(TimeSpan.FromMilliseconds(100)); // not while something is being done
            });
            await starting;
            return host;
        }
    }

    [Fact]
    public async Task What_cannot_be_opened_yet_is_unavailable_with_the_reason_and_opened_again()
    {
        var (time, isThere) = (new ManualTime(), false);
        await using var services = new ServiceCollection().AddSingleton<TimeProvider>(time).AddMillSecrets(options =>
        {
            (options.Start, options.Create) = (SecretStart.Optional, _ => Volatile.Read(ref isThere) ? new(Seeds.Memory("memory", ("a", "1"))) : throw new IOException("canary"));
        }).BuildServiceProvider();
        var secrets = services.GetRequiredService<ISecretProvider>();
        await using var watch = new ChangeReader(secrets, () => time.Advance(TimeSpan.FromMilliseconds(100)));
        var lookup = await secrets.TryGetAsync("a");
        Assert.Equal((SecretLookupStatus.Unavailable, "secrets cannot be opened: IOException."), (lookup.Status, lookup.Error!.Message));
        Assert.False((await secrets.KeysAsync()).IsComplete);
        using var value = SecretValue.FromText("x");
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await secrets.SetAsync("a", value));
        Volatile.Write(ref isThere, true);
        // Whoever watches is told of what is there by then, and of what changes.
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "a"));
        await secrets.SetAsync("a", value);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        Assert.Equal("x", await secrets.TextAsync("a"));
    }

    [Fact]
    public void Options_that_cannot_be_meant_are_refused_before_anything_is_opened()
    {
        using var services = new ServiceCollection().AddMillSecrets(options =>
            (options.Name, options.Create, options.Provider, options.StartTimeout) = ("", _ => throw new InvalidOperationException("Opened."), new MemoryProvider(), TimeSpan.Zero)).BuildServiceProvider();
        var refused = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<ISecretProvider>());
        Assert.Equal(3, refused.Failures.Count());
    }

    [Fact]
    public async Task One_call_gives_an_application_settings_a_provider_and_a_health_check_over_one_place()
    {
        var opened = 0;
        var memory = Seeds.Memory("memory", ("Database__Password", "1"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillSecrets(options => options.Create = _ =>
        {
            opened++;
            return new(memory);
        });
        builder.Services.AddOptions<Database>().BindConfiguration("Database");
        using (var host = builder.Build())
        {
            await host.StartAsync();
            var (secrets, options) = (host.Services.GetRequiredService<ISecretProvider>(), host.Services.GetRequiredService<IOptionsMonitor<Database>>());
            Assert.Equal(("1", "1"), (options.CurrentValue.Password, await secrets.TextAsync("Database__Password")));
            var changed = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var _ = options.OnChange(now => changed.TrySetResult(now.Password));
            await secrets.SetAsync("Database__Password", "2");
            Assert.Equal("2", await changed.Task.WaitAsync(TimeSpan.FromSeconds(60)));
            var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
            Assert.Equal(HealthStatus.Healthy, health.Entries["mill"].Status);
            Assert.Single(host.Services.GetServices<ISecretProvider>());
            await host.StopAsync();
        }
        Assert.Equal(1, opened);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await memory.TryGetAsync("a"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_call_masks_the_logs_of_an_application_too(bool masksLogs)
    {
        using var logs = new CapturedLogs();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("memory", ("Database__Password", "canary-1"))), masksLogs);
        builder.AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("other", ("Mail__Password", "canary-2"))), masksLogs);
        builder.Logging.AddProvider(logs);
        using var host = builder.Build();
        await host.StartAsync();
        var (logger, secrets) = (host.Services.GetRequiredService<ILogger<ServicesTests>>(), host.Services.GetRequiredService<ISecretProvider>());
        await secrets.SetAsync("Mail__Password", "canary-3");
#pragma warning disable CA1848, CA1873, CA2254 // as others write it
        logger.LogInformation($"{builder.Configuration["Database:Password"]}, canary-2 and canary-3");
#pragma warning restore CA1848, CA1873, CA2254
        Assert.Contains(masksLogs ? "[REDACTED], [REDACTED] and [REDACTED]" : "canary-1, canary-2 and canary-3", logs.All, StringComparison.Ordinal);
        Assert.Equal(masksLogs, !logs.All.Contains("canary", StringComparison.Ordinal));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_set_that_is_among_the_services_already_is_that_of_all_logs()
    {
        using var logs = new CapturedLogs();
        using var values = new RedactionSet();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(values);
        builder.AddMillSecrets(options => (options.Create, options.Masks) = (_ => new(Seeds.Memory("memory", ("a", "canary-1"))), values));
        builder.AddMillSecrets(options => options.Create = _ => new(Seeds.Memory("other", ("b", "canary-2"))));
        builder.Logging.AddProvider(logs);
        using var host = builder.Build();
        await host.StartAsync();
#pragma warning disable CA1848 // as others write it
        host.Services.GetRequiredService<ILogger<ServicesTests>>().LogInformation("canary-1 and canary-2");
#pragma warning restore CA1848
        Assert.Contains("[REDACTED] and [REDACTED]", logs.All, StringComparison.Ordinal);
        Assert.True(values.Contains("canary-1"u8) && values.Contains("canary-2"u8));
        Assert.Same(values, Assert.Single(host.Services.GetServices<RedactionSet>()));
        await host.StopAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_whose_logs_go_past_the_masks_does_not_start(bool isMasked)
    {
        using var values = new RedactionSet();
        using var loggers = new LoggerFactory();
        using var masked = loggers.WithMillRedaction(values);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddMillSecrets(options => (options.Create, options.Masks) = (_ => new(Seeds.Memory("memory", ("a", "1"))), values));
        builder.Services.AddSingleton(isMasked ? masked : loggers);
        using var host = builder.Build();
        if (isMasked)
        {
            await host.StartAsync();
            await host.StopAsync();
            return;
        }
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(() => host.StartAsync());
        Assert.Contains("another ILoggerFactory (Microsoft.Extensions.Logging.LoggerFactory)", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Consumer(ISecretProvider own, [FromKeyedServices("payments")] ISecretProvider payments)
    {
        public ISecretProvider Own => own;

        public ISecretProvider Payments => payments;
    }

    private sealed class Database
    {
        public string? Password { get; set; }
    }
}

/// <summary>What stands in for a provider until it is opened promises what every provider does.</summary>
public sealed class HostedSecretsSuite : SecretProviderSuite
{
    protected override ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var memory = new MemoryProvider(seed: Seeds.Of(secrets));
        var hosted = new Mill.Extensions.Services.HostedSecrets(new() { Name = memory.Name, Create = _ => new(memory) });
        return OpenAsync(hosted, memory);
    }

    private static async ValueTask<ProviderUnderTest> OpenAsync(Mill.Extensions.Services.HostedSecrets hosted, MemoryProvider memory)
    {
        await hosted.StartAsync(CancellationToken.None);
        return new(hosted) { Change = (key, value) => Seeds.Change(memory, key, value) };
    }
}
