using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Core.Access;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>What containers wrote, on whichever node they run, as server-sent events.</summary>
internal sealed class LogEndpoint(Authentication authentication, FleetParts parts, ClusterParts? cluster, FleetView fleet, OpenStreams streams, TimeProvider time, ServerShutdown shutdown)
{
    public const int MostLines = 10_000;

    private const int UsualLines = 200;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/logs/{name}", ReadAsync);

    private async Task ReadAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var query = QueryArguments.Of(http, "follow", "tail", Consistency.Argument);
        var (follow, tail) = (query.Flag("follow"), query.Number("tail", 0, MostLines) ?? UsualLines);
        var name = (string)http.Request.RouteValues["name"]!;
        var seen = await fleet.ReadAsync(http, caller, Consistency.Apply(http, query)).ConfigureAwait(false);
        if (!IsKnown(seen.Fleet, name, caller.Tenant)) throw new MillException(MillError.NotFound, "There is no service, task or container with this name.") { Hint = "See what runs: mill status, mill tasks" };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
        await streams.RunAsync(async () =>
        {
            using var merge = new LogMerge(new(parts, cluster, fleet), name, caller.Tenant, tail, follow, stop.Token);
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

    /// <summary>What a name stands for.</summary>
    public static IEnumerable<AllocRecord> AllocsOf(FleetState fleet, string name, TenantId tenant) =>
        fleet.Allocs.Values.Where(alloc => alloc.Tenant == tenant && (alloc.Id == name || alloc.Name == name));

    public static bool IsKnown(FleetState fleet, string name, TenantId tenant) =>
        (fleet.Services.TryGetValue(name, out var service) && service.Tenant == tenant) || (fleet.Tasks.TryGetValue(name, out var task) && task.Tenant == tenant) || AllocsOf(fleet, name, tenant).Any();

    private async Task StreamAsync(HttpContext http, LogMerge merge, ClusterState seen, CancellationToken cancellationToken)
    {
        var events = new EventWriter(http, http.RequestAborted);
        events.Begin();
        await http.Response.StartAsync(cancellationToken).ConfigureAwait(false);
        merge.Begin(seen);
        while (await merge.NextAsync(EventWriter.Heartbeat, time, cancellationToken).ConfigureAwait(false) is { } lines)
        {
            // Whoever may no longer ask is no longer told.
            AccessRules.Demand(await authentication.DemandAsync(http).ConfigureAwait(false), Verb.ReadServices);
            if (lines.Count is 0) await events.BeatAsync().ConfigureAwait(false);
            foreach (var line in lines) await events.WriteAsync(null, line).ConfigureAwait(false);
        }
        await events.WriteJsonAsync("end", "{}"u8.ToArray()).ConfigureAwait(false);
    }
}
