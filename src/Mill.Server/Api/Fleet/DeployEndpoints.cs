using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>Plans and deploys.</summary>
internal sealed class DeployEndpoints(Authentication authentication, FleetView fleet)
{
    private const string ToArgument = "to";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/plan", PlanAsync).WithMetadata(AnyNode.Instance);
        routes.MapPost("/v1/deploys", BeginAsync);
        routes.MapGet("/v1/deploys", ListAsync);
        routes.MapGet("/v1/deploys/{number}", GetAsync);
        routes.MapPost("/v1/deploys/{number}/abort", AbortAsync);
        routes.MapGet("/v1/rollback", PlanRollbackAsync);
        routes.MapPost("/v1/rollback", RollBackAsync);
        routes.MapPost("/v1/services/{name}/restart", RestartAsync);
    }

    /// <summary>The deploy that a request names. Throws <see cref="MillError.NotFound"/>, for another tenant's too.</summary>
    /// <param name="tenant">Null where any will do.</param>
    public static DeployRecord Demand(FleetState fleet, int number, TenantId? tenant) =>
        fleet.Deploys.TryGetValue(number, out var deploy) && (tenant is null || deploy.Tenant == tenant)
            ? deploy
            : throw new MillException(MillError.NotFound, $"There is no deploy {number}.") { Hint = "See which there are: mill deploys" };

    /// <summary>Whose deploys somebody may ask for by number; null for all: they look after the whole cluster.</summary>
    public static TenantId? WhoseOf(Caller caller) => caller.Role is Role.Operator && caller.Tenant == TenantId.Default ? null : caller.Tenant;

    /// <summary>Throws <see cref="MillError.NotFound"/> for what is no number.</summary>
    public static int NumberOf(HttpContext http) =>
        int.TryParse((string)http.Request.RouteValues["number"]!, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new MillException(MillError.NotFound, "A deploy has a number.") { Hint = "See which there are: mill deploys" };

    private async Task PlanAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var spec = await SpecBody.ReadAsync(http).ConfigureAwait(false);
        var seen = await fleet.ReadAsync(http, caller, Core.Ports.ReadLevel.Linearizable).ConfigureAwait(false);
        SpecBody.DemandSecrets(spec, caller, seen);
        DeployRules.DemandPossible(seen.Fleet, spec, caller.Tenant);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, DeployViews.ToResponse(DeployPlan.Of(seen.Fleet, spec, caller.Tenant), fleet, seen)).ConfigureAwait(false);
    }

    private async Task BeginAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.OperateServices);
        var spec = await SpecBody.ReadAsync(http).ConfigureAwait(false);
        await CommitAsync(http, caller, (draft, seen) =>
        {
            SpecBody.DemandSecrets(spec, caller, seen);
            return DeployRules.Begin(draft, spec, caller.Tenant, caller.Subject);
        }, "deploy", SpecBody.Text(spec)).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        var (caller, seen) = await SeeAsync(http).ConfigureAwait(false);
        var live = await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        var deploys = seen.Fleet.Deploys.Values.Where(deploy => deploy.Tenant == caller.Tenant).Reverse();
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new DeployListResponse([.. deploys.Select(deploy => DeployViews.ToResponse(deploy, fleet, seen, live))])).ConfigureAwait(false);
    }

    private async Task GetAsync(HttpContext http)
    {
        var (caller, seen) = await SeeAsync(http).ConfigureAwait(false);
        await ReplyAsync(http, StatusCodes.Status200OK, Demand(seen.Fleet, NumberOf(http), WhoseOf(caller)), seen).ConfigureAwait(false);
    }

    private async Task AbortAsync(HttpContext http)
    {
        var caller = await DemandOperatingAsync(http).ConfigureAwait(false);
        var number = NumberOf(http);
        await CommitAsync(http, caller, WhoseOf(caller), (draft, _) => DeployRules.Abort(draft, number, caller.Tenant, caller.Subject, WhoseOf(caller) is null), "abort", number.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
    }

    private async Task PlanRollbackAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var to = QueryArguments.Of(http, ToArgument).Number(ToArgument, 1, int.MaxValue);
        var seen = await fleet.ReadAsync(http, caller, Core.Ports.ReadLevel.Linearizable).ConfigureAwait(false);
        var earlier = DemandEarlier(seen.Fleet, seen, caller, to);
        DeployRules.DemandPossible(seen.Fleet, earlier.Result!, caller.Tenant);
        var plan = DeployPlan.Of(seen.Fleet, earlier.Result!, caller.Tenant);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, DeployViews.ToResponse(plan, fleet, seen) with { BackTo = earlier.Number }).ConfigureAwait(false);
    }

    /// <summary>What to go back to, where somebody could begin that now.</summary>
    private static DeployRecord DemandEarlier(FleetState now, ClusterState seen, Caller caller, int? to)
    {
        // What is at work is told before what there is to go back to.
        DeployRules.DemandIdle(now, caller.Tenant);
        var earlier = DeployRules.Earlier(now, caller.Tenant, to);
        SpecBody.DemandSecrets(earlier.Result!, caller, seen);
        return earlier;
    }

    private async Task RollBackAsync(HttpContext http)
    {
        var caller = await DemandOperatingAsync(http).ConfigureAwait(false);
        var to = (await RequestBody.ReadAsync<RollbackRequest>(http).ConfigureAwait(false)).To;
        await CommitAsync(http, caller, (draft, seen) =>
        {
            var earlier = DemandEarlier(draft.Fleet, seen, caller, to);
            return DeployRules.Begin(draft, earlier.Result!, caller.Tenant, caller.Subject, earlier.Number);
        }, "rollback", to?.ToString(CultureInfo.InvariantCulture) ?? "").ConfigureAwait(false);
    }

    private async Task RestartAsync(HttpContext http)
    {
        var caller = await DemandOperatingAsync(http).ConfigureAwait(false);
        var name = (string)http.Request.RouteValues["name"]!;
        await CommitAsync(http, caller, (draft, _) => DeployRules.Restart(draft, name, caller.Tenant, caller.Subject), "restart", name).ConfigureAwait(false);
    }

    private async Task<Caller> DemandOperatingAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.OperateServices);
        QueryArguments.Of(http);
        return caller;
    }

    private async Task<(Caller Caller, ClusterState Seen)> SeeAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        return (caller, await fleet.ReadAsync(http, caller, Consistency.Apply(http, QueryArguments.Of(http, Consistency.Argument))).ConfigureAwait(false));
    }

    private Task CommitAsync(HttpContext http, Caller caller, Func<FleetDraft, ClusterState, DeployRecord> begin, params string[] request) => CommitAsync(http, caller, caller.Tenant, begin, request);

    /// <param name="tenant">Whose deploy it is; null where it may be anybody's.</param>
    private async Task CommitAsync(HttpContext http, Caller caller, TenantId? tenant, Func<FleetDraft, ClusterState, DeployRecord> begin, params string[] request)
    {
        var text = await FleetWrite.CommitAsync(http, fleet, caller, (draft, state) => begin(draft, state).Number.ToString(CultureInfo.InvariantCulture), request).ConfigureAwait(false);
        var seen = await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        var deploy = Demand(seen.Fleet, int.Parse(text, CultureInfo.InvariantCulture), tenant);
        http.Response.Headers.Location = $"/v1/deploys/{text}";
        await ReplyAsync(http, StatusCodes.Status202Accepted, deploy, seen).ConfigureAwait(false);
    }

    private async Task ReplyAsync(HttpContext http, int status, DeployRecord deploy, ClusterState seen)
    {
        var live = DeployViews.IsPulling(deploy, seen.Fleet) ? await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false) : LiveView.Empty;
        await Reply.JsonAsync(http, status, DeployViews.ToResponse(deploy, fleet, seen, live)).ConfigureAwait(false);
    }
}
