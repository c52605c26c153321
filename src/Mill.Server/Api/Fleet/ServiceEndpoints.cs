using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>What runs all the time.</summary>
internal sealed class ServiceEndpoints(Authentication authentication, FleetView fleet)
{
    private const string All = "all";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/services", ListAsync);
        routes.MapGet("/v1/services/{name}", GetAsync);
    }

    private async Task ListAsync(HttpContext http)
    {
        var (caller, seen, all) = await SeeAsync(http).ConfigureAwait(false);
        var live = await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        var services = seen.Fleet.Services.Values.Where(service => service.Tenant == caller.Tenant);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new ServiceListResponse([.. services.Select(service => ServiceViews.ToResponse(service, caller, fleet, seen, live, all))])).ConfigureAwait(false);
    }

    private async Task GetAsync(HttpContext http)
    {
        var (caller, seen, all) = await SeeAsync(http).ConfigureAwait(false);
        var name = (string)http.Request.RouteValues["name"]!;
        if (!seen.Fleet.Services.TryGetValue(name, out var service) || service.Tenant != caller.Tenant)
            throw new MillException(MillError.NotFound, "There is no service with this name.") { Hint = "See what runs: mill status" };
        var live = await fleet.LiveAsync(seen, http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, ServiceViews.ToResponse(service, caller, fleet, seen, live, all)).ConfigureAwait(false);
    }

    private async Task<(Caller Caller, ClusterState Seen, bool All)> SeeAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        var query = QueryArguments.Of(http, All, Consistency.Argument);
        var all = query.Flag(All);
        return (caller, await fleet.ReadAsync(http, caller, Consistency.Apply(http, query)).ConfigureAwait(false), all);
    }
}
