using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Backups;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Hosting.Fleet;
using Mill.Secrets;
using Mill.Server;
using Mill.Server.Peers;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <content>How a node begins, goes on and ends.</content>
internal sealed partial class ClusterNode
{
    /// <summary>How long requests may still come in after the office was given up: they go to whoever leads next.</summary>
    private static readonly TimeSpan Handover = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _lifetime = new();
    private readonly CancellationTokenSource _office = new();
    private readonly CancellationTokenSource _running = new();
    private Task _containers = Task.CompletedTask;
    private Task _following = Task.CompletedTask;
    private Task _leading = Task.CompletedTask;
    private Task _background = Task.CompletedTask;
    private Task _removal = Task.CompletedTask;
    private BackupMetrics? _backupMetrics;
    private CertificateMetrics? _certificateMetrics;

    private NodeId Self => _credentials.Value.Identity.Node;

    /// <summary>All nodes, as far as this one knows.</summary>
    private IReadOnlyList<MemberPlace> Members => _state.Latest.Nodes.Count is 0 ? _file.Members : [.. _state.Latest.Nodes.Values.Select(ToPlace)];

    /// <summary>
    /// Starts the engine, reads the state and the master key. Returns once a linearizable read succeeds, which may take as long as there is no majority. Throws <see
    /// cref="MillError.PreconditionFailed"/> where the node was taken out of its cluster while it was away: its engine would wait for the others for ever.
    /// </summary>
    public async Task<VaultStart?> StartAsync(CancellationToken cancellationToken)
    {
        _removal = new Belonging(Self, _state, _engine.Members, _peers, _time).EndsAsync(_lifetime.Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var starting = StartPartsAsync(stop.Token);
        if (await Task.WhenAny(starting, _removal).ConfigureAwait(false) == starting) return await starting.ConfigureAwait(false);
        await _removal.ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        RememberRemoval();
        throw ClusterServer.Removed(_directory);
    }

    /// <summary>
    /// Serves until cancelled, or told to stop by a signal. Returns true where the node was taken out of its cluster. Throws what a part of it failed with: a
    /// store that cannot be trusted any more is opened anew by whoever starts the server again.
    /// </summary>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        var stopped = _app.WaitForShutdownAsync(cancellationToken);
        var first = await Task.WhenAny(stopped, _following, _leading, _engine.Failure, _background, _removal).ConfigureAwait(false);
        await first.ConfigureAwait(false);
        if (first != _removal) return false;
        RememberRemoval();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        // The containers go on without their agent: what it has to say, it says as long as somebody hears it.
        await _running.CancelAsync().ConfigureAwait(false);
        await _containers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The office first, while requests are still taken: they find their way to the next leader. Then, from the outside in.
        await LeaveOfficeAsync().ConfigureAwait(false);
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _lifetime.CancelAsync().ConfigureAwait(false);
        foreach (var task in (Task[])[_following, _background, _removal]) await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _backupMetrics?.Dispose();
        _certificateMetrics?.Dispose();
        await _engine.DisposeAsync().ConfigureAwait(false);
        _calls.Dispose();
        await _app.DisposeAsync().ConfigureAwait(false);
        _lifetime.Dispose();
        _office.Dispose();
        _running.Dispose();
    }

    private async Task<VaultStart?> StartPartsAsync(CancellationToken cancellationToken)
    {
        _options.Progress("Waiting for a majority of the cluster.");
        var authority = new AuthorityWatch(_credentials, hasEngine: _file.ForeignEtcd is null, _time, _loggers.CreateLogger<AuthorityWatch>());
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        await new EngineEntry(_peers, _directory, _options.Progress, _time).PromoteAsync(_engine.Members, cancellationToken).ConfigureAwait(false);
        _following = _state.FollowStoreAsync(_lifetime.Token);
        _certificateMetrics = new(_credentials);
        await LoadedAsync(cancellationToken).ConfigureAwait(false);
        // Before this node stands for anything there: with an etcd that somebody else runs, it may be anybody's.
        if (_state.Latest.Cluster?.Id != _file.ClusterId) throw StoreOfOthers(_state.Latest.Cluster?.Id);
        var start = await _vault.StartAsync(makeKeyFile: false, cancellationToken).ConfigureAwait(false);
        // With its key: a sealed node lets others go first.
        _leading = _state.LeadAsync(_office.Token);
        _background = Task.WhenAll(
            _vault.RunAsync(_lifetime.Token), _engine.TendAsync(_lifetime.Token), WhileCurrentAsync(RememberMembersAsync(_lifetime.Token)), WhileCurrentAsync(Revocations().RunAsync(_lifetime.Token)), Renewal().RunAsync(_lifetime.Token), authority.RunAsync(_lifetime.Token), BackUpAsync(_lifetime.Token));
        await ReadableAsync(cancellationToken).ConfigureAwait(false);
        _containers = _fleet.RunAsync(_running.Token);
        return start;
    }

    private async Task LoadedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (await Task.WhenAny(_state.LoadedAsync(cancellationToken), _following, _engine.Failure).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.LaterFormat)
        {
            // It stays up, although it can answer nothing: its engine counts for the others' majority, and whoever asks is told what to do.
            _options.Progress($"{e.Message} {e.Hint}");
            await _engine.Failure.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void RememberRemoval()
    {
        _file = _file with { Removed = true };
        _file.Write(_directory.Path);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var identity = new ServerIdentity(MillVersion.Text, _file.NodeName, _file.Role, _engine.Store.Engine, () => Address, _time.GetUtcNow());
        var cluster = new ClusterParts(Self, _state, _state, _vault.Members, _engine.Members, _credentials, _calls);
        ApiServer.Map(_app, _vault.Vault, _vault.Tokens, new(_state, _fleetOffice, () => FleetHost.LiveOf(_fleetOffice), () => _fleet.Logs, () => _fleet.Exec), identity, cluster, _time, _app.Lifetime.ApplicationStopping);
        await StartListeningAsync(_app, Address, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task StartListeningAsync(WebApplication app, string address, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new MillException(MillError.AddressUnavailable, $"The address {address} cannot be used: {(e.InnerException ?? e).Message}", e)
            {
                Hint = "It must be an address of this machine (ip address), and nothing else may listen there.",
            };
        }
    }

    private async Task LeaveOfficeAsync()
    {
        var led = _state.IsLeader;
        await _office.CancelAsync().ConfigureAwait(false);
        await _leading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!led) return;
        using var patience = new CancellationTokenSource(Handover, _time);
        try
        {
            await _state.WaitAsync(state => state.Leader is { } leader && leader.NodeId != Self, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or MillException)
        {
            // Nobody else is there to lead, or this node would not learn of it any more.
        }
    }

    /// <summary>A node that cannot yet say what is true now is not ready.</summary>
    private async Task ReadableAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _state.ReadAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MillException e) when (e.Error is MillError.NoQuorum or MillError.NoLeader or MillError.NotReady or MillError.StorageUnavailable)
            {
                _options.Progress(e.Message);
                await Task.Delay(AskEvery, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Through this node's own API, which passes it on to whoever leads.</summary>
    private CertificateRenewal Renewal()
    {
        var self = new MemberPlace(Self.Value, _file.NodeName, _file.Address, _file.ApiPort, _file.PeerPort, _file.Role);
        Task<MembershipResponse> AskAsync(RenewRequest request) => _peers.AskOneAsync(self, (calls, place, stop) => calls.PostAsync<RenewRequest, MembershipResponse>(place, PeerPaths.Renew, request, stop), _lifetime.Token);
        return new(_credentials, _directory.Files, AskAsync, () => _state.Latest.Nodes.GetValueOrDefault(Self)?.Version, () => _state.Latest.Authority?.Certificate, _time, _loggers.CreateLogger<CertificateRenewal>());
    }

    private RevocationFile Revocations() => new(_directory.Files.Revocations, _state.WaitAsync, _time, _loggers.CreateLogger<RevocationFile>());

    /// <summary>Work that follows the state: it is over, and that is no failure, once nothing new is heard here before an upgrade.</summary>
    private static async Task WhileCurrentAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotReady)
        {
            // Whoever asks this node is told why.
        }
    }

    /// <summary>Keeps in the node's file who the others are and which master key is needed, for a start at which nobody else can be asked.</summary>
    private async Task RememberMembersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var known = _file;
            var changed = await _state.WaitAsync(state => state.Nodes.Count > 0 && (state.Cluster?.KeyId != known.KeyId || !state.Nodes.Values.Select(ToPlace).SequenceEqual(known.Members)), cancellationToken).ConfigureAwait(false);
            _file = _file with { Members = Members, KeyId = changed.Cluster?.KeyId };
            _file.Write(_directory.Path);
        }
    }

    /// <summary>Every node that was given a place for backups makes its own: they are to be where the machine that was lost is not.</summary>
    private async Task BackUpAsync(CancellationToken cancellationToken)
    {
        if (_options.Backups is not { } plan) return;
        _backupMetrics = new();
        var schedule = new BackupSchedule(plan, _vault.BackUpAsync, _backupMetrics, MillVersion.Text, _time, _loggers.CreateLogger<BackupSchedule>());
        await schedule.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private MillException StoreOfOthers(string? cluster) => new(MillError.PreconditionFailed, $"The store is not that of this node's cluster, {_file.ClusterId}, but {(cluster is null ? "no cluster's" : $"that of {cluster}")}.")
    {
        Hint = $"Take this node out from another one, mill remove {_file.NodeName}, and join again with an empty data directory and the --etcd-endpoints of that one, or with none if it has none.",
    };

    private static MemberPlace ToPlace(NodeRecord node) => new(node.Id.Value, node.Name, node.Address, node.ApiPort, node.PeerPort, node.Role.Text());
}
