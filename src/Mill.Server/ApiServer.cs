using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Server.Api;
using Mill.Server.Api.Fleet;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Metrics;
using Mill.Server.Peers;

namespace Mill.Server;

/// <summary>The HTTP API on a web application.</summary>
public static class ApiServer
{
    /// <summary>What the API asks of Kestrel: the limits of <c>docs/api.md</c>.</summary>
    public static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.MaxSize;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    }

    /// <summary>Maps every path of the contract.</summary>
    /// <param name="cluster">Null for a server that is alone.</param>
    /// <param name="stopping">Cancelled when the server begins to stop.</param>
    public static void Map(WebApplication app, IVault vault, ITokens tokens, FleetParts fleet, ServerIdentity identity, ClusterParts? cluster, TimeProvider time, CancellationToken stopping)
    {
        var metrics = app.Services.GetRequiredService<MetricsListener>();
        metrics.Start();
        var stateMetrics = app.Services.GetRequiredService<StateMetrics>();
        var authentication = new Authentication(tokens);
        var views = new NodeViews(vault, identity, cluster, time);
        app.UseMiddleware<Failures>(time);
        app.UseRouting();
        app.UseWhen(static http => http.Request.Path.StartsWithSegments(ExecEndpoint.Path, StringComparison.Ordinal), static exec => exec.UseWebSockets());
        var gate = cluster is null ? null : new PeerGate(cluster.State, new(cluster.Credentials, time));
        if (cluster is not null) MapBetweenNodes(app, cluster, gate!, fleet, views, time, new(stopping));
        new SecretEndpoints(vault, authentication).Map(app);
        new WatchEndpoint(vault, authentication, time, new(stopping)).Map(app);
        new BackupEndpoint(vault, authentication, identity, time, new(stopping)).Map(app);
        new TransactionEndpoint(vault, authentication).Map(app);
        new EnvEndpoints(vault, authentication).Map(app);
        new TokenEndpoints(tokens, authentication).Map(app);
        new RetentionEndpoints(vault, authentication).Map(app);
        new NodeEndpoints(vault, authentication, views, new FleetView(fleet, cluster, identity, time), cluster).Map(app);
        new JoinTokenEndpoints(cluster, authentication).Map(app);
        new JoinEndpoint(cluster).Map(app);
        new LeaderEndpoint(cluster, authentication, time).Map(app);
        new SystemEndpoints(vault, authentication, metrics, stateMetrics, identity, views, new FleetView(fleet, cluster, identity, time)).Map(app);
        MapFleet(app, authentication, fleet, cluster, gate, new FleetView(fleet, cluster, identity, time), views, time, new(stopping));
    }

    /// <summary>What <see cref="Map"/> needs.</summary>
    public static IServiceCollection AddMillApi(this IServiceCollection services) => services.AddSingleton<MetricsListener>().AddSingleton<StateMetrics>().AddRouting();

    private static void MapFleet(WebApplication app, Authentication authentication, FleetParts parts, ClusterParts? cluster, PeerGate? gate, FleetView fleet, NodeViews views, TimeProvider time, ServerShutdown shutdown)
    {
        var streams = new OpenStreams();
        new DeployEndpoints(authentication, fleet).Map(app);
        new DeployEventsEndpoint(authentication, fleet, streams, time, shutdown).Map(app);
        new LogEndpoint(authentication, parts, cluster, fleet, streams, time, shutdown).Map(app);
        new ExecEndpoint(authentication, parts, cluster, gate, fleet, streams, time, shutdown, app.Services.GetRequiredService<ILogger<ExecEndpoint>>()).Map(app);
        new ServiceEndpoints(authentication, fleet).Map(app);
        new TaskEndpoints(authentication, fleet, time).Map(app);
        new FleetNodeEndpoints(authentication, fleet, views).Map(app);
    }

    private static void MapBetweenNodes(WebApplication app, ClusterParts cluster, PeerGate gate, FleetParts fleet, NodeViews views, TimeProvider time, ServerShutdown shutdown)
    {
        app.UseMiddleware<Forwarding>(cluster, gate, time);
        new PeerEndpoints(cluster, gate, views).Map(app);
        new FleetPeerEndpoints(fleet, gate, time, shutdown).Map(app);
    }
}
