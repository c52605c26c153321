using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Hosting.Fleet;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.State.Etcd.Process;
using Mill.State.Leadership;
using Mill.State.Replica;
using Mill.Vault;
using Mill.Vault.Members;

namespace Mill.Hosting.Cluster;

/// <summary>A node that holds the state: the engine, the shared state, the vault and the API, put together. <c>ClusterNode.Life.cs</c> has how it lives.</summary>
internal sealed partial class ClusterNode : INode
{
    private readonly NodeDirectory _directory;
    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly WebApplication _app;
    private readonly ILoggerFactory _loggers;
    private readonly CurrentCredentials _credentials;
    private readonly NodePeers _peers;
    private readonly NodeEngine _engine;
    private readonly SharedState _state;
    private readonly VaultHost _vault;
    private readonly PeerCalls _calls;
    private readonly FleetOffice _fleetOffice;
    private readonly FleetHost _fleet;
    private NodeFile _file;

    private ClusterNode(NodeDirectory directory, NodeFile file, VaultOptions vault, CurrentCredentials credentials, NodeEngine engine, WebApplication app, NodeOptions options, PeerCalls calls, NodePeers peers, TimeProvider time)
    {
        (_directory, _file, _engine, _app, _options, _calls, _peers, _time) = (directory, file, engine, app, options, calls, peers, time);
        _loggers = app.Services.GetRequiredService<ILoggerFactory>();
        _credentials = credentials;
        var link = new LeaderLink(_calls, id => _state!.Latest.Nodes.GetValueOrDefault(id));
        var candidate = new Candidate(credentials.Value.Identity.Node, file.NodeName, () => _vault!.CanDecide(_state!.Latest));
        _state = new(engine.Store, engine.Store, link, candidate, new(time, BootClock.Instance), _loggers);
        _vault = new(vault, _state, engine.Store, _state, time, _loggers);
        _fleetOffice = new(_state, () => _state.IsLeader, FleetHost.NodeTimeout, time, _loggers.CreateLogger<FleetOffice>());
        var reports = new LeaderReports(_fleetOffice, _state, _calls, id => _state.Latest.Nodes.GetValueOrDefault(id), time);
        var place = options.Containers is { } containers ? new FleetNode(Self, file.Address, containers, directory.Path) : null;
        _fleet = new(_fleetOffice, place, _state, _vault.Vault, reports, time, _loggers);
    }

    /// <summary>etcd refuses everybody where it is given the name of a list that is not there: a cluster of long ago has none before it loses a node.</summary>
    private static EtcdTlsFiles EngineFiles(NodeFiles files) => new(files.Certificate, files.Key, files.Authority, File.Exists(files.Revocations) ? files.Revocations : null);

    public string Address => $"https://{new IPEndPoint(IPAddress.Parse(_file.Address), _file.ApiPort)}";

    /// <summary>
    /// Puts a node together from its directory, and lets it into the engine where that was not done yet. Nothing runs afterwards but, already, the API, which
    /// says that the node is not ready. Throws <see cref="MillException"/> with what stands in the way.
    /// </summary>
    public static async Task<ClusterNode> OpenAsync(NodeDirectory directory, NodeFile file, VaultOptions vault, NodeOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var credentials = directory.LoadCredentials(file.NodeName, time.GetUtcNow());
        var current = new CurrentCredentials(credentials);
        ClusterNode? node = null;
        var calls = new PeerCalls(current, time);
        var peers = new NodePeers(calls, credentials.Identity.Node, () => node?.Members ?? file.Members, time);
        var admitted = await new EngineEntry(peers, directory, options.Progress, time).AdmitAsync(file, cancellationToken).ConfigureAwait(false);
        var app = WebServer.Build(new(IPAddress.Parse(file.Address), file.ApiPort), options.LogLevel, listen => listen.UseNodeTls(current, time));
        NodeEngine? engine = null;
        try
        {
            var neighbours = new EngineNeighbours(peers, () => node?._state).Describe();
            engine = NodeEngine.Create(directory, admitted, EngineFiles(directory.Files), time, app.Services.GetRequiredService<ILoggerFactory>(), neighbours);
            node = new(directory, admitted, vault, current, engine, app, options, calls, peers, time);
            await node.ListenAsync(cancellationToken).ConfigureAwait(false);
            return node;
        }
        catch
        {
            if (engine is not null) await engine.DisposeAsync().ConfigureAwait(false);
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
