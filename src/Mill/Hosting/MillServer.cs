using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Backups;
using Mill.Hosting.Fleet;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Server;
using Mill.State.Embedded;
using Mill.State.Replica;
using Mill.Vault;

namespace Mill.Hosting;

/// <summary>One server: the store, the state, the vault and the API, put together. The only place that knows them all.</summary>
internal sealed class MillServer : IAsyncDisposable
{
    private readonly EmbeddedStateStore _store;
    private readonly LocalState _state;
    private readonly WebApplication _app;
    private readonly TimeProvider _time;

    /// <summary>Cancelled last: until then, what was accepted is still committed.</summary>
    private readonly CancellationTokenSource _lifetime = new();
    private Task _committing = Task.CompletedTask;
    private Task _vaultWork = Task.CompletedTask;
    private Task _backups = Task.CompletedTask;
    private BackupMetrics? _backupMetrics;
    private readonly FleetOffice _office;
    private readonly CancellationTokenSource _running = new();
    private FleetHost? _fleet;
    private Task _containers = Task.CompletedTask;

    private MillServer(EmbeddedStateStore store, LocalState state, VaultHost vault, WebApplication app, TimeProvider time)
    {
        (_store, _state, Vault, _app, _time) = (store, state, vault, app, time);
        _office = new(state, static () => true, FleetHost.NodeTimeout, time, app.Services.GetRequiredService<ILogger<FleetOffice>>());
    }

    public VaultHost Vault { get; }

    /// <summary>Where it listens, the port filled in.</summary>
    public string Address => _app.Urls.First();

    /// <summary>Opens the store and loads the state; serves nothing yet. Throws <see cref="MillException"/> with what stands in the way.</summary>
    public static async Task<MillServer> OpenAsync(string dataDirectory, VaultOptions vaultOptions, IPEndPoint listen, LogLevel logLevel, TimeProvider time, CancellationToken cancellationToken)
    {
        var app = WebServer.Build(listen, logLevel, tls: null);
        EmbeddedStateStore? store = null;
        try
        {
            var loggers = app.Services.GetRequiredService<ILoggerFactory>();
            var logger = loggers.CreateLogger<EmbeddedStateStore>();
            (store, var state) = await LocalState.OpenAsync(visit => EmbeddedStateStore.Open(dataDirectory, logger, visit), time, loggers, cancellationToken).ConfigureAwait(false);
            return new(store, state, new VaultHost(vaultOptions, state, store, leadership: null, time, loggers), app, time);
        }
        catch
        {
            if (store is not null) await store.DisposeAsync().ConfigureAwait(false);
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts committing and reads the master key; then the vault can be used from inside.</summary>
    public async Task<VaultStart> StartVaultAsync(CancellationToken cancellationToken)
    {
        _committing = _state.RunAsync(_lifetime.Token);
        var start = await Vault.StartAsync(makeKeyFile: true, cancellationToken).ConfigureAwait(false);
        _vaultWork = Vault.RunAsync(_lifetime.Token);
        return start;
    }

    /// <summary>Begins to run containers, as long as the server serves.</summary>
    /// <param name="place">Null where none run here; deploys are decided all the same.</param>
    public void StartContainers(ContainerPlace? place, string dataDirectory)
    {
        var node = place is null ? null : new FleetNode(null, "127.0.0.1", place, dataDirectory);
        _fleet = new(_office, node, _state, Vault.Vault, _office, _time, _app.Services.GetRequiredService<ILoggerFactory>());
        _containers = _fleet.RunAsync(_running.Token);
    }

    /// <summary>Starts to serve. Throws <see cref="MillError.AddressUnavailable"/>.</summary>
    public async Task ListenAsync(IPEndPoint listen, CancellationToken cancellationToken)
    {
        var identity = new ServerIdentity(MillVersion.Text, Environment.MachineName, "vault+api", _store.Engine, () => Address, _time.GetUtcNow());
        ApiServer.Map(_app, Vault.Vault, Vault.Tokens, new(_state, _office, () => FleetHost.LiveOf(_office), () => _fleet?.Logs, () => _fleet?.Exec), identity, cluster: null, _time, _app.Lifetime.ApplicationStopping);
        try
        {
            await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new MillException(MillError.AddressUnavailable, $"The address {listen} cannot be used: {(e.InnerException ?? e).Message}", e)
            {
                Hint = "Is another server running there? Choose another address: mill dev --listen 127.0.0.1:4401",
            };
        }
    }

    /// <summary>Makes backups as planned, as long as the server serves.</summary>
    public void StartBackups(BackupPlan plan)
    {
        _backupMetrics = new();
        var logger = _app.Services.GetRequiredService<ILogger<BackupSchedule>>();
        _backups = new BackupSchedule(plan, Vault.BackUpAsync, _backupMetrics, MillVersion.Text, _time, logger).RunAsync(_lifetime.Token);
    }

    /// <summary>
    /// Serves until cancelled, or told to stop by a signal, or a part of the server fails: a store that cannot be trusted any more is opened anew by
    /// whoever starts the server again.
    /// </summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var stopped = _app.WaitForShutdownAsync(cancellationToken);
        var first = await Task.WhenAny(stopped, _committing, FailureOf(_vaultWork), FailureOf(_backups), _store.Failure).ConfigureAwait(false);
        await first.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // From the outside in: no more requests, then no more commits, then the store.
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        // The containers go on; what they become is committed as long as anything is.
        await _running.CancelAsync().ConfigureAwait(false);
        await _containers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _lifetime.CancelAsync().ConfigureAwait(false);
        await _committing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _vaultWork.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _backups.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _backupMetrics?.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _lifetime.Dispose();
        _running.Dispose();
    }

    /// <summary>Ends only if the work fails; work that is done is no reason to stop.</summary>
    private static async Task FailureOf(Task work)
    {
        await work.ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System).ConfigureAwait(false);
    }
}
