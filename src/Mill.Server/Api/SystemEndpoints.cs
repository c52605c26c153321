using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Api.Fleet;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Metrics;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary>How the server is doing.</summary>
internal sealed class SystemEndpoints(IVault vault, Authentication authentication, MetricsListener metrics, StateMetrics stateMetrics, ServerIdentity identity, NodeViews views, FleetView fleet)
{
    private static readonly byte[] OpenApi = ReadOpenApi();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", http => Reply.JsonAsync(http, StatusCodes.Status200OK, new HealthResponse("ok")));
        routes.MapGet("/readyz", ReadyAsync);
        routes.MapGet("/v1/status", StatusAsync);
        routes.MapGet("/v1/metrics", MetricsAsync);
        routes.MapPost("/v1/verify", VerifyAsync).WithMetadata(AnyNode.Instance);
        routes.MapGet("/openapi/v1.json", OpenApiAsync);
    }

    private async Task ReadyAsync(HttpContext http)
    {
        var seal = await vault.GetSealStatusAsync(http.RequestAborted).ConfigureAwait(false);
        // Asked for without a token, so it says that the vault is sealed and not with which keys.
        if (seal.IsSealed) throw new MillException(MillError.VaultSealed, "The vault is sealed.") { Hint = "mill status says which key is needed." };
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new HealthResponse("ready")).ConfigureAwait(false);
    }

    private async Task StatusAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var level = Consistency.Apply(http, QueryArguments.Of(http, Consistency.Argument));
        var ((seal, secrets, versions), revision) = await vault.GetStatusAsync(caller, level, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new StatusResponse
        {
            Version = identity.Version,
            Node = identity.Node,
            Role = identity.Role,
            Leader = views.LeaderName,
            Engine = identity.Engine,
            Revision = revision,
            Members = await views.DescribeAllAsync(http.RequestId(), http.RequestAborted).ConfigureAwait(false),
            Seal = new(seal.IsSealed) { NeededKeyId = seal.NeededKeyId, PresentKeyId = seal.PresentKeyId, Reason = seal.Reason },
            Counts = new(caller.Tenant.Value, secrets, versions),
            StartedAt = identity.StartedAt,
        }).ConfigureAwait(false);
    }

    private async Task MetricsAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var totals = await vault.GetTotalsAsync(caller, http.RequestAborted).ConfigureAwait(false);
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        var seen = await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        var live = seen.Fleet.Allocs.IsEmpty ? LiveView.Empty : await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        var running = FleetMetrics.Render(seen, live, caller.Role is Core.Model.Role.Operator ? null : caller.Tenant, node => fleet.NameOf(seen, node));
        await http.Response.WriteAsync(metrics.Render(() => stateMetrics.See(totals)) + running, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task VerifyAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var report = await vault.VerifyAsync(caller, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(report.Revision);
        var body = new VerifyResponse(report.Problems.Count == 0, report.Revision, report.Secrets, report.Versions, report.Opened, report.Destroyed, report.Problems);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, body).ConfigureAwait(false);
    }

    private static async Task OpenApiAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = OpenApi.Length;
        await http.Response.Body.WriteAsync(OpenApi, http.RequestAborted).ConfigureAwait(false);
    }

    private static byte[] ReadOpenApi()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Mill.Server.openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
