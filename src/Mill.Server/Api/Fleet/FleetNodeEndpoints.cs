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

/// <summary>Nodes as places for containers, and the whole of what runs; for operators.</summary>
internal sealed class FleetNodeEndpoints(Authentication authentication, FleetView fleet, NodeViews views)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/nodes/{node}/drain", http => ChangeAsync(http, NodeRules.Drain, "drain"));
        routes.MapPost("/v1/nodes/{node}/undrain", http => ChangeAsync(http, NodeRules.Undrain, "undrain"));
        routes.MapPost("/v1/fleet/resume", ResumeAsync);
    }

    private async Task ChangeAsync(HttpContext http, Func<FleetDraft, NodeId, string, NodeStateRecord> change, string what)
    {
        var caller = await DemandAsync(http).ConfigureAwait(false);
        var asked = (string)http.Request.RouteValues["node"]!;
        var id = await FleetWrite.CommitAsync(http, fleet, caller, (draft, seen) =>
        {
            var node = NodeOf(seen, asked);
            change(draft, node, caller.Subject);
            return node.Value;
        }, what, asked).ConfigureAwait(false);
        var now = await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        var all = await views.DescribeAllAsync(http.RequestId(), http.RequestAborted).ConfigureAwait(false);
        var item = all.FirstOrDefault(node => node.Id == id) ?? all[0];
        await Reply.JsonAsync(http, StatusCodes.Status200OK, NodeContainers.Add(item, now, caller)).ConfigureAwait(false);
    }

    private async Task ResumeAsync(HttpContext http)
    {
        var caller = await DemandAsync(http).ConfigureAwait(false);
        await FleetWrite.CommitAsync(http, fleet, caller, (draft, _) =>
        {
            DeployRules.Resume(draft, caller.Subject);
            return "resumed";
        }, "resume").ConfigureAwait(false);
        var now = await fleet.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new FleetResponse(now.Fleet.Numbers.IsPaused)).ConfigureAwait(false);
    }

    private async Task<Caller> DemandAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerNodes);
        QueryArguments.Of(http);
        return caller;
    }

    /// <summary>A server that is no cluster has one node, whatever it is called.</summary>
    private NodeId NodeOf(ClusterState seen, string asked)
    {
        if (!seen.Nodes.IsEmpty) return NodeTexts.Demand(seen, asked).Id;
        var named = seen.Fleet.Nodes.Keys.Where(node => node.Value == asked || fleet.NameOf(seen, node) == asked).ToList();
        return named.Count > 0 ? named[^1] : throw new MillException(MillError.NotFound, "There is no node with this id or name that runs containers.") { Hint = "mill nodes lists them." };
    }
}

/// <summary>What a node runs, beside how it is doing.</summary>
internal static class NodeContainers
{
    /// <summary>As it is, where it runs none.</summary>
    public static NodeItem Add(NodeItem node, ClusterState seen, Caller caller) =>
        Find(node, seen) is { } record ? node with { Containers = ServiceViews.ToItem(record, seen.Fleet, caller.Tenant == TenantId.Default ? null : caller.Tenant) } : node;

    /// <summary>A server that is no cluster has no id of its own, and one node.</summary>
    private static NodeStateRecord? Find(NodeItem node, ClusterState seen) =>
        node.Id is null ? seen.Fleet.Nodes.Values.OrderBy(record => record.IsDown).FirstOrDefault() : NodeId.TryParse(node.Id, out var id) ? seen.Fleet.Nodes.GetValueOrDefault(id) : null;
}
