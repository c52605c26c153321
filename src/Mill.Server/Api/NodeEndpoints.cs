using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Api.Fleet;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary>The nodes of the cluster: shown and removed, by operators.</summary>
internal sealed class NodeEndpoints(IVault vault, Authentication authentication, NodeViews views, FleetView fleet, ClusterParts? cluster)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/nodes", ListAsync);
        routes.MapDelete("/v1/nodes/{node}", RemoveAsync);
    }

    private async Task ListAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerNodes);
        var level = Consistency.Apply(http, QueryArguments.Of(http, Consistency.Argument));
        var seen = await fleet.ReadAsync(http, caller, level).ConfigureAwait(false);
        var nodes = await views.DescribeAllAsync(http.RequestId(), http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new NodeListResponse([.. nodes.Select(node => NodeContainers.Add(node, seen, caller))])).ConfigureAwait(false);
    }

    private async Task RemoveAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerNodes);
        QueryArguments.Of(http);
        var parts = cluster.Demand();
        var context = WriteHeaders.Context(http);
        var idOrName = (string)http.Request.RouteValues["node"]!;
        var seen = await parts.State.ReadAsync(http.RequestAborted).ConfigureAwait(false);
        // A removal that is repeated finds no node any more, and is answered as it was.
        if (!NodeId.TryParse(idOrName, out var id) || seen.Nodes.ContainsKey(id))
            id = await PrepareAsync(parts, seen, NodeTexts.Demand(seen, idOrName), http.RequestAborted).ConfigureAwait(false);
        var (_, revision, replayed) = await parts.Members.RemoveAsync(caller, id, context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.EmptyAsync(http, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes the node's member out of the engine, which comes first: a member whose node is unknown would be nobody's business. What would refuse the removal
    /// afterwards refuses it before.
    /// </summary>
    private async Task<NodeId> PrepareAsync(ClusterParts parts, ClusterState seen, NodeRecord node, CancellationToken cancellationToken)
    {
        var seal = await vault.GetSealStatusAsync(cancellationToken).ConfigureAwait(false);
        if (seal.IsSealed) throw new MillException(MillError.VaultSealed, "The vault of the leader is sealed; nothing was removed.") { Hint = "mill status says which key is needed." };
        if (node.Role.HoldsKey() && !seen.Nodes.Values.Any(other => other.Id != node.Id && other.Role.HoldsKey()))
        {
            throw new MillException(MillError.PreconditionFailed, $"Node {node.Id} (\"{node.Name}\") is the last one that holds the state.")
            {
                Hint = "Let another vault node join first.",
            };
        }
        Core.Deploys.NodeRules.DemandEmpty(seen.Fleet, node.Id);
        if (node.Id == parts.Self)
        {
            // Not by itself: what is decided next would be decided by a leader that is gone.
            await parts.Leadership.ResignAsync(cancellationToken).ConfigureAwait(false);
            throw new MillException(MillError.NoLeader, "The node that is to be removed led until now. Nothing was removed yet.")
            {
                Hint = "Send the request again: it goes to whoever leads now.",
            };
        }
        if (node.Role.HoldsKey()) await parts.Engine.RemoveAsync(node, cancellationToken).ConfigureAwait(false);
        return node.Id;
    }
}
