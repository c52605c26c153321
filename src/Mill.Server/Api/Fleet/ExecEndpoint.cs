using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Mill.Core.Access;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>
/// Programs in containers that run, over a WebSocket (RFC 6455). The node that is asked passes the connection on to the one that has the container, byte for byte; that one looks at the token again, and speaks with the client.
/// </summary>
internal sealed partial class ExecEndpoint(Authentication authentication, FleetParts parts, ClusterParts? cluster, PeerGate? gate, FleetView fleet, OpenStreams streams, TimeProvider time, ServerShutdown shutdown, ILogger<ExecEndpoint> logger)
{
    public const string Path = "/v1/exec";

    /// <summary>For the node that has the container to say that it begins.</summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(5);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path + "/{name}", RunAsync);

    /// <summary>The newest that does what it is for, or else the newest that runs. Throws <see cref="MillError.NotFound"/>.</summary>
    public static AllocRecord Choose(FleetState state, string name, TenantId tenant)
    {
        var which = new LogSelection(name, tenant);
        which.DemandKnown(state);
        return which.Of(state).Where(alloc => alloc.Status is AllocStatus.Running or AllocStatus.Healthy && (alloc.Kind is not AllocKind.Hook || alloc.Id == name))
            .OrderByDescending(alloc => alloc.IsWanted).ThenByDescending(alloc => alloc.Status).ThenByDescending(alloc => alloc.CreatedAt).ThenByDescending(alloc => alloc.Id, StringComparer.Ordinal).FirstOrDefault()
            ?? throw new MillException(MillError.NotFound, $"No container of {name} runs at the moment.") { Hint = $"See why: mill status, mill logs {name}" };
    }

    private async Task RunAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.RunInContainers);
        QueryArguments.Of(http);
        var seen = await fleet.ReadAsync(http, caller, ReadLevel.Linearizable).ConfigureAwait(false);
        var alloc = Choose(seen.Fleet, (string)http.Request.RouteValues["name"]!, caller.Tenant);
        if (!http.WebSockets.IsWebSocketRequest) throw new MillException(MillError.InvalidRequest, "This path speaks WebSocket (RFC 6455) over HTTP/1.1, and nothing else.") { Hint = $"mill exec {alloc.Id} -- CMD does." };
        await streams.RunAsync(caller, () => cluster is null || cluster.Self == alloc.Node ? RunHereAsync(http, caller, alloc) : PassOnAsync(http, cluster, seen, alloc)).ConfigureAwait(false);
    }

    private async Task PassOnAsync(HttpContext http, ClusterParts parts, ClusterState seen, AllocRecord alloc)
    {
        if (await gate!.FindForwarderAsync(http).ConfigureAwait(false) is not null || !seen.Nodes.TryGetValue(alloc.Node, out var node)) throw new MillException(MillError.NotFound, $"{alloc.Id} does not run on this node.");
        using var patience = new CancellationTokenSource(NodePatience, time);
        var leg = new RelayLeg(PeerPlace.Of(node), Body: null, [(PeerGate.ForwardedHeader, parts.Self.Value)])
        {
            Target = $"{Path}/{Uri.EscapeDataString(alloc.Id)}",
            AnswerWithin = Timeout.InfiniteTimeSpan,
            BeginBefore = patience.Token,
            StreamEnds = shutdown.Token,
        };
        var outcome = await new Relay(parts.Calls).TryAsync(http, leg, static _ => false).ConfigureAwait(false);
        if (outcome.Result is not RelayResult.Answered) throw new MillException(MillError.NotReady, $"Node {node.Name}, where {alloc.Id} runs, cannot be reached: {outcome.Reason}") { Hint = "See how it is: mill nodes" };
    }

    private async Task RunHereAsync(HttpContext http, Caller caller, AllocRecord alloc)
    {
        var exec = parts.Exec() ?? throw new MillException(MillError.NotReady, "This node runs no containers at the moment.");
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = EventWriter.Heartbeat }).ConfigureAwait(false);
        // Not the arguments: they may hold what nobody should read.
        LogBegun(http.RequestId(), caller.Subject, caller.TokenId, alloc.Id, caller.Tenant);
        var began = time.GetTimestamp();
        using var session = new ExecSession(socket, exec, alloc.Id, time);
        var end = await session.RunAsync(() => StillMayAsync(http), http.RequestId(), shutdown.Token, http.RequestAborted).ConfigureAwait(false);
        LogEnded(http.RequestId(), alloc.Id, end, (long)time.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>Whoever may no longer ask is no longer served.</summary>
    private async Task StillMayAsync(HttpContext http) => AccessRules.Demand(await authentication.DemandAsync(http).ConfigureAwait(false), Verb.RunInContainers);

    [LoggerMessage(1030, LogLevel.Information, "Request {RequestId}: {Subject}, with token {Token}, runs a program in {Alloc} of tenant {Tenant}")]
    private partial void LogBegun(string requestId, string subject, string token, string alloc, TenantId tenant);

    [LoggerMessage(1031, LogLevel.Information, "Request {RequestId}: the program in {Alloc} ended after {Milliseconds} ms: {End}")]
    private partial void LogEnded(string requestId, string alloc, string end, long milliseconds);
}
