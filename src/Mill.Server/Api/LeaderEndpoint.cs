using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary>Another leader, because an operator says so.</summary>
internal sealed class LeaderEndpoint(ClusterParts? cluster, Authentication authentication, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/leader/transfer", TransferAsync);

    private async Task TransferAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerNodes);
        QueryArguments.Of(http);
        var parts = cluster.Demand();
        var body = await RequestBody.ReadAsync<TransferLeaderRequest>(http).ConfigureAwait(false);
        var seen = await parts.State.ReadAsync(http.RequestAborted).ConfigureAwait(false);
        var heir = body.Node is { } wanted ? NodeTexts.Demand(seen, wanted) : null;
        DemandHeir(seen, parts.Self, heir);
        var leader = heir?.Id == parts.Self ? parts.Leadership.Leader : await HandOverAsync(parts, heir, http.RequestAborted).ConfigureAwait(false);
        if (leader is null) throw Nobody();
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new LeaderResponse(leader.NodeId.Value, leader.Name)).ConfigureAwait(false);
    }

    private static void DemandHeir(ClusterState seen, NodeId self, NodeRecord? heir)
    {
        if (heir?.Role.HoldsKey() is false)
            throw new MillException(MillError.PreconditionFailed, $"Node {heir.Name} has the role {heir.Role.Text()}: only a node that holds the state can lead.");
        if (heir is null && !seen.Nodes.Values.Any(node => node.Id != self && node.Role.HoldsKey()))
            throw new MillException(MillError.PreconditionFailed, "There is no other node that could lead.");
    }

    private async Task<LeaderRecord> HandOverAsync(ClusterParts parts, NodeRecord? heir, CancellationToken cancellationToken)
    {
        var before = parts.Leadership.Leader;
        if (!parts.Leadership.IsLeader) throw new MillException(MillError.NoLeader, "This node does not lead, so it cannot hand the office over.");
        if (heir is null) await parts.Leadership.ResignAsync(cancellationToken).ConfigureAwait(false);
        else await parts.Leadership.HandOverAsync(heir, cancellationToken).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await parts.Leadership.WaitForLeaderAsync(before, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Nobody();
        }
    }

    /// <summary>Not that there is no leader: such a request may be sent to the next one, which would hand the office over again.</summary>
    private static MillException Nobody() => new(MillError.OutcomeUnknown, "The office was given up, and nobody is known yet who took it.") { Hint = "mill nodes says who leads." };
}
