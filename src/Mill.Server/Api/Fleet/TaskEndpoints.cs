using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>What runs to its end.</summary>
internal sealed class TaskEndpoints(Authentication authentication, FleetView fleet, TimeProvider time)
{
    private const string All = "all";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/templates", ListTemplatesAsync);
        routes.MapPost("/v1/tasks", SpawnAsync);
        routes.MapGet("/v1/tasks", ListAsync);
        routes.MapGet("/v1/tasks/{id}", GetAsync);
        routes.MapDelete("/v1/tasks/{id}", KillAsync);
    }

    private async Task ListTemplatesAsync(HttpContext http)
    {
        var (caller, seen, _) = await SeeAsync(http).ConfigureAwait(false);
        var tasks = seen.Fleet.Tasks.Values.Where(task => task.Tenant == caller.Tenant);
        var (now, totals) = (time.GetUtcNow(), seen.Fleet.TaskTotals.Values.Where(one => one.Tenant == caller.Tenant));
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new TemplateListResponse([.. tasks.Select(task => ServiceViews.ToItem(task, seen.Fleet, now))])
        {
            Totals = [.. totals.Select(one => ServiceViews.ToItem(one, seen.Fleet, Timestamp.From(now)))],
        }).ConfigureAwait(false);
    }

    private async Task SpawnAsync(HttpContext http)
    {
        var caller = await DemandOperatingAsync(http).ConfigureAwait(false);
        var request = await RequestBody.ReadAsync<SpawnRequest>(http).ConfigureAwait(false);
        var id = await FleetWrite.CommitAsync(http, fleet, caller, (draft, seen) =>
        {
            var spec = SpawnSpec.Of(request, draft.Fleet, caller.Tenant);
            SpecBody.DemandSecrets(SpawnSpec.Alone(spec), caller, seen);
            return TaskRules.Start(draft, new PlacementView(draft.Fleet), spec, caller.Tenant, caller.Subject).Id;
        }, "spawn", JsonSerializer.Serialize(request, ApiJson.Strict.TypeInfo<SpawnRequest>())).ConfigureAwait(false);
        http.Response.Headers.Location = $"/v1/tasks/{id}";
        await ReplyAsync(http, StatusCodes.Status201Created, id, caller, await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        var (caller, seen, all) = await SeeAsync(http).ConfigureAwait(false);
        var live = await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        var tasks = seen.Fleet.Allocs.Values.Where(alloc => alloc.Kind is AllocKind.Task && alloc.Tenant == caller.Tenant && (all || !alloc.IsTerminal)).OrderByDescending(alloc => alloc.CreatedAt);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new TaskListResponse([.. tasks.Select(task => ServiceViews.ToResponse(task, fleet, seen, live))])).ConfigureAwait(false);
    }

    private async Task GetAsync(HttpContext http)
    {
        var (caller, seen, _) = await SeeAsync(http).ConfigureAwait(false);
        await ReplyAsync(http, StatusCodes.Status200OK, IdOf(http), caller, seen).ConfigureAwait(false);
    }

    private async Task KillAsync(HttpContext http)
    {
        var caller = await DemandOperatingAsync(http).ConfigureAwait(false);
        var id = IdOf(http);
        await FleetWrite.CommitAsync(http, fleet, caller, (draft, _) => TaskRules.Kill(draft, id, caller.Tenant).Id, "kill", id).ConfigureAwait(false);
        await ReplyAsync(http, StatusCodes.Status202Accepted, id, caller, await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private async Task<Caller> DemandOperatingAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.OperateServices);
        QueryArguments.Of(http);
        return caller;
    }

    private async Task<(Caller Caller, ClusterState Seen, bool All)> SeeAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var query = QueryArguments.Of(http, All, Consistency.Argument);
        var all = query.Flag(All);
        return (caller, await fleet.ReadAsync(http, caller, Consistency.Apply(http, query)).ConfigureAwait(false), all);
    }

    private async Task ReplyAsync(HttpContext http, int status, string id, Caller caller, ClusterState seen)
    {
        if (!seen.Fleet.Allocs.TryGetValue(id, out var alloc) || alloc.Kind is not AllocKind.Task || alloc.Tenant != caller.Tenant)
            throw new MillException(MillError.NotFound, "There is no task with this id.") { Hint = "See which there are: mill ps --all" };
        var live = alloc.IsTerminal ? LiveView.Empty : await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, status, ServiceViews.ToResponse(alloc, fleet, seen, live)).ConfigureAwait(false);
    }
}
