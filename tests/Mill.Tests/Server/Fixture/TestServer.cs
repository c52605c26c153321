using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Hosting.Fleet;
using Mill.Orchestration;
using Mill.Server;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Vault;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>How a <see cref="TestServer"/> differs from the usual one.</summary>
internal sealed record TestServerOptions
{
    /// <summary>A store that outlives the server; with null the server has one of its own, in memory.</summary>
    public IStateStore? Store { get; init; }

    public ManualTime Time { get; init; } = new();

    /// <summary>Null for a server without a master key.</summary>
    public string? MasterKey { get; init; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The operator's token from an earlier start on the same store.</summary>
    public string? Operator { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public Action<KestrelServerOptions>? Kestrel { get; init; }

    /// <summary>What containers wrote.</summary>
    public INodeLogs? Logs { get; init; }

    /// <summary>Programs in containers.</summary>
    public INodeExec? Exec { get; init; }
}

/// <summary>The real server in this process: state, vault and API on Kestrel, at a port of the system's choice, with a clock that the test moves.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IStateStore? _ownStore;
    private readonly CancellationTokenSource _lifetime = new();
    private Task _work = Task.CompletedTask;
    private Task _office = Task.CompletedTask;

    private TestServer(TestServerOptions options, WebApplication app, LocalState state, VaultHost vault, CapturedLogs logs, IStateStore? ownStore) =>
        (Options, _app, State, Vault, Logs, Office, _ownStore) = (options, app, state, vault, logs, new(state, static () => true, TimeSpan.FromSeconds(10), options.Time, NullLogger<FleetOffice>.Instance), ownStore);

    public TestServerOptions Options { get; }

    public ManualTime Time => Options.Time;

    public LocalState State { get; }

    public VaultHost Vault { get; }

    public CapturedLogs Logs { get; }

    /// <summary>Decides nothing before <see cref="Decide"/>.</summary>
    public FleetOffice Office { get; }

    public HttpClient Http { get; private set; } = null!;

    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>The text of the operator's token; empty where the vault was sealed from the start.</summary>
    public string OperatorToken { get; private set; } = "";

    public Api Operator => As(OperatorToken);

    public static async Task<TestServer> StartAsync(TestServerOptions? options = null)
    {
        options ??= new();
        var logs = new CapturedLogs();
        var app = BuildApp(options, logs);
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var ownStore = options.Store is null ? new InMemoryStateStore() : null;
        var store = options.Store ?? ownStore!;
        var state = await LocalState.LoadAsync(store, options.Time, loggers, CancellationToken.None);
        var vault = new VaultHost(new(options.MasterKey, options.MasterKey is null ? "/nonexistent/master.key" : null), state, store, leadership: null, options.Time, loggers);
        var server = new TestServer(options, app, state, vault, logs, ownStore);
        await server.StartAsync(store.Engine);
        return server;
    }

    public IEnumerable<RouteEndpoint> Routes => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    public Api As(string? token, string? tenant = null) => new(Http, token, tenant);

    /// <summary>A new token, and a client that sends it.</summary>
    public async Task<Api> MakeAsync(string role, string? tenant = null, string[]? allow = null, string[]? deny = null, string? expiresIn = null, string? subject = null)
    {
        var body = new { subject = subject ?? role, role, tenant = tenant ?? "default", allow = allow ?? [], deny = deny ?? [], expires_in = expiresIn ?? "90d" };
        var made = await Operator.SendAsync("POST", "/v1/tokens", body);
        Assert.Equal(201, made.Status);
        return As(made.Json.GetProperty("token").GetString()!);
    }

    /// <summary>The state as it is now, without asking over HTTP.</summary>
    public ClusterState Now() => State.ReadAsync(CancellationToken.None).AsTask().Result;

    /// <summary>Waits for the next commits until the state is as wanted.</summary>
    public async Task<ClusterState> UntilAsync(Func<ClusterState, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var now = Now();
        if (wanted(now)) return now;
        await foreach (var advance in State.FollowAsync(now.Revision, limit.Token))
        {
            now = Now();
            if (now.Revision >= advance.After && wanted(now)) return now;
        }
        throw new InvalidOperationException("The state is not followed any more.");
    }

    /// <summary>Brings on from now on what was deployed.</summary>
    public void Decide() => _office = Office.RunAsync(_lifetime.Token);

    /// <summary>Begins to stop, as a signal would make it.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _lifetime.CancelAsync();
        await _office.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_ownStore is not null) await _ownStore.DisposeAsync();
        await _app.DisposeAsync();
        _lifetime.Dispose();
    }

    private async Task StartAsync(string engine)
    {
        var committing = State.RunAsync(_lifetime.Token);
        await Vault.StartAsync(makeKeyFile: false, CancellationToken.None);
        _work = Task.WhenAll(committing, Vault.RunAsync(_lifetime.Token));
        OperatorToken = await Vault.EnsureOperatorTokenAsync(Options.Operator, "dev", "mill dev", CancellationToken.None) ?? Options.Operator ?? "";
        var identity = new ServerIdentity("1.2.3", "n1", "vault+api", engine, () => "127.0.0.1:0", Time.GetUtcNow());
        ApiServer.Map(_app, Vault.Vault, Vault.Tokens, new(State, Office, () => FleetHost.LiveOf(Office), () => Options.Logs, () => Options.Exec), identity, cluster: null, Time, _app.Lifetime.ApplicationStopping);
        await _app.StartAsync();
        var address = new Uri(_app.Urls.Single());
        EndPoint = new(IPAddress.Loopback, address.Port);
        Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
    }

    private static WebApplication BuildApp(TestServerOptions options, CapturedLogs logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.SetMinimumLevel(options.LogLevel).AddProvider(logs);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ApiServer.Limit(kestrel);
            options.Kestrel?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddMillApi();
        return builder.Build();
    }
}
