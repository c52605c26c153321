using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>What containers wrote, on whichever node they run, as server-sent events.</summary>
internal sealed class LogEndpoint(Authentication authentication, FleetParts parts, ClusterParts? cluster, FleetView fleet, OpenStreams streams, TimeProvider time, ServerShutdown shutdown)
{
    public const int MostLines = 10_000;

    private const int UsualLines = 200;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/logs", ReadAsync);
        routes.MapGet("/v1/logs/{name}", ReadAsync);
    }

    private async Task ReadAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var query = QueryArguments.Of(http, "follow", "tail", Consistency.Argument);
        var (follow, tail) = (query.Flag("follow"), query.Number("tail", 0, MostLines) ?? UsualLines);
        var which = new LogSelection((string?)http.Request.RouteValues["name"], caller.Tenant);
        var seen = await fleet.ReadAsync(http, caller, Consistency.Apply(http, query)).ConfigureAwait(false);
        which.DemandKnown(seen.Fleet);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
        await streams.RunAsync(caller, async () =>
        {
            using var merge = new LogMerge(new(parts, cluster, fleet, time), which, tail, follow, time, stop.Token);
            try
            {
                await StreamAsync(http, merge, seen, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
            {
                // The server stops; the client sees that the end is missing.
            }
            finally
            {
                await merge.StopAsync().ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext http, LogMerge merge, ClusterState seen, CancellationToken cancellationToken)
    {
        var events = new EventWriter(http, http.RequestAborted);
        events.Begin();
        // Its head alone would wait here for the first line.
        await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
        merge.Begin(seen);
        while (await merge.NextAsync(EventWriter.Heartbeat, cancellationToken).ConfigureAwait(false) is { } told)
        {
            // Whoever may no longer ask is no longer told.
            AccessRules.Demand(await authentication.DemandAsync(http).ConfigureAwait(false), Verb.ReadServices);
            if (told.Count is 0) await events.BeatAsync().ConfigureAwait(false);
            foreach (var (line, notice) in told) await (line is not null ? events.WriteAsync(null, line) : events.WriteAsync("notice", notice!)).ConfigureAwait(false);
        }
        await events.WriteJsonAsync("end", "{}"u8.ToArray()).ConfigureAwait(false);
    }
}
