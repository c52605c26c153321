using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>What other nodes ask of this one.</summary>
internal sealed class PeerEndpoints(ClusterParts cluster, PeerGate gate, NodeViews views)
{
    private const string Settled = "settled";
    private const string Node = "node";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(PeerPaths.Confirm, ConfirmAsync);
        routes.MapGet(PeerPaths.Status, StatusAsync);
        routes.MapGet(PeerPaths.Members, MembersAsync);
        // The engine has a leader of its own: it does not matter who asks it.
        routes.MapPost(PeerPaths.Engine, AdmitAsync).WithMetadata(AnyNode.Instance);
        routes.MapPost(PeerPaths.Promote, PromoteAsync);
        routes.MapPost(PeerPaths.Renew, RenewAsync);
    }

    private async Task ConfirmAsync(HttpContext http)
    {
        await gate.DemandAsync(http).ConfigureAwait(false);
        var settled = QueryArguments.Of(http, Settled).Text(Settled) is { } text ? Moment(text) : (Timestamp?)null;
        var revision = await cluster.Leadership.ConfirmAsync(settled, http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new ConfirmResponse(revision)).ConfigureAwait(false);
    }

    private async Task StatusAsync(HttpContext http)
    {
        await gate.DemandAsync(http).ConfigureAwait(false);
        var node = QueryArguments.Of(http, Node).Text(Node) is { } id
            ? await views.DescribeOtherAsync(id, http.RequestId(), http.RequestAborted).ConfigureAwait(false)
            : await views.DescribeSelfAsync(http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, node).ConfigureAwait(false);
    }

    private async Task MembersAsync(HttpContext http)
    {
        await gate.DemandAsync(http).ConfigureAwait(false);
        var seen = await cluster.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(seen.Revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new MemberPlaces(Memberships.Places(seen.Nodes.Values), seen.Authority?.Certificate)).ConfigureAwait(false);
    }

    private async Task AdmitAsync(HttpContext http)
    {
        var node = await DemandHolderAsync(http).ConfigureAwait(false);
        var admission = await cluster.Engine.AdmitAsync(node, http.RequestAborted).ConfigureAwait(false);
        // As this node knows it, which may be behind: the new one brings it up to date once it has read the state.
        var revocations = (await cluster.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false)).Revocations?.List;
        var quota = (await cluster.Engine.GetStatusAsync(http.RequestAborted).ConfigureAwait(false)).DatabaseQuotaBytes;
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new EngineAdmissionResponse(admission.MemberId, admission.InitialCluster, revocations, quota)).ConfigureAwait(false);
    }

    private async Task PromoteAsync(HttpContext http)
    {
        var node = await DemandHolderAsync(http).ConfigureAwait(false);
        var promoted = await cluster.Engine.PromoteAsync(node, http.RequestAborted).ConfigureAwait(false);
        if (promoted && await FindMemberIdAsync(node, http.RequestAborted).ConfigureAwait(false) is { } memberId)
            await cluster.Members.SetMemberIdAsync(node.Id, memberId, http.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new EnginePromotionResponse(promoted)).ConfigureAwait(false);
    }

    private async Task RenewAsync(HttpContext http)
    {
        var node = await gate.DemandAsync(http).ConfigureAwait(false);
        var body = await RequestBody.ReadAsync<RenewRequest>(http).ConfigureAwait(false);
        var (membership, revision, _) = await cluster.Members.RenewAsync(node, body.CertificateRequest, body.Version, http.RequestAborted).ConfigureAwait(false);
        using (membership)
        {
            http.SetRevision(revision);
            await Reply.JsonAsync(http, StatusCodes.Status200OK, membership.ToResponse()).ConfigureAwait(false);
        }
    }

    /// <summary>The node that asks, which must be one that has a member in the engine.</summary>
    private async ValueTask<NodeRecord> DemandHolderAsync(HttpContext http)
    {
        var id = await gate.DemandAsync(http).ConfigureAwait(false);
        var seen = await cluster.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        var node = seen.Nodes.GetValueOrDefault(id) ?? throw new MillException(MillError.NotFound, $"There is no node {id}.");
        return node.Role.HoldsKey() ? node : throw PeerCertificates.Refused($"Node {id} has the role {node.Role.Text()}, and holds no part of the state.");
    }

    /// <summary>The member of a node that counts already: asking for room finds it. Null where Mill does not run the engine.</summary>
    private async Task<string?> FindMemberIdAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        try
        {
            return (await cluster.Engine.AdmitAsync(node, cancellationToken).ConfigureAwait(false)).MemberId;
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            return null;
        }
    }

    private static Timestamp Moment(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            ? new(microseconds)
            : throw new MillException(MillError.InvalidRequest, $"{Settled} takes microseconds.");
}
