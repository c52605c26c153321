using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Api.Fleet;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>What nodes say to each other of what runs on them.</summary>
internal sealed class FleetPeerEndpoints(FleetParts fleet, PeerGate gate, TimeProvider time, ServerShutdown shutdown)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(PeerPaths.Report, ReportAsync);
        routes.MapGet(PeerPaths.Live, LiveAsync);
        routes.MapGet(PeerPaths.Log, LogAsync);
    }

    private async Task ReportAsync(HttpContext http)
    {
        var node = await gate.DemandHolderAsync(http).ConfigureAwait(false);
        var report = await RequestBody.ReadAsync(http, NodeReportText.Read).ConfigureAwait(false);
        // A node speaks for itself only.
        if (report.Node != node) throw PeerCertificates.Refused($"Node {node} reports in the name of another one.");
        await fleet.Office.SendAsync(report, http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new HealthResponse("heard")).ConfigureAwait(false);
    }

    private async Task LiveAsync(HttpContext http)
    {
        await gate.DemandHolderAsync(http).ConfigureAwait(false);
        http.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(http.Response.Body, fleet.Live(), PeerJson.Default.LiveView, http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>A line of JSON for each line, sent at once, and an empty one where nothing was written for a while.</summary>
    private async Task LogAsync(HttpContext http)
    {
        await gate.DemandHolderAsync(http).ConfigureAwait(false);
        var alloc = (string)http.Request.RouteValues["alloc"]!;
        var query = QueryArguments.Of(http, "tail", "follow");
        var logs = fleet.Logs() ?? throw new MillException(MillError.NotFound, "This node runs no containers.");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
        await using var lines = logs.ReadAsync(alloc, query.Number("tail", 0, LogEndpoint.MostLines) ?? 0, query.Flag("follow"), stop.Token).GetAsyncEnumerator(stop.Token);
        var next = lines.MoveNextAsync().AsTask();
        try
        {
            // What is wrong with the question is said before the answer begins.
            var isThere = await IsThereAsync(next, stop.Token).ConfigureAwait(false);
            http.Response.ContentType = "application/x-ndjson";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await http.Response.StartAsync(stop.Token).ConfigureAwait(false);
            for (; isThere is not false; isThere = await IsThereAsync(next, stop.Token).ConfigureAwait(false))
            {
                if (isThere is true) await JsonSerializer.SerializeAsync(http.Response.Body, lines.Current, PeerJson.Default.AllocLine, stop.Token).ConfigureAwait(false);
                await http.Response.Body.WriteAsync("\n"u8.ToArray(), stop.Token).ConfigureAwait(false);
                await http.Response.Body.FlushAsync(stop.Token).ConfigureAwait(false);
                if (isThere is true) next = lines.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // An enumerator may only be disposed once nobody waits for its next step.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null where nothing comes for a while.</summary>
    private async Task<bool?> IsThereAsync(Task<bool> next, CancellationToken cancellationToken)
    {
        try
        {
            return await next.WaitAsync(EventWriter.Heartbeat, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}

/// <summary>Bodies between nodes that are no part of the public contract.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LiveView))]
[JsonSerializable(typeof(AllocLine))]
internal sealed partial class PeerJson : JsonSerializerContext;
