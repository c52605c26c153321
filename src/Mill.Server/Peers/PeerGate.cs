using Microsoft.AspNetCore.Http;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>Which node is calling, and whether it still belongs here: asked for every request. Refusals are <see cref="MillError.Forbidden"/>, or <see cref="MillError.NoQuorum"/> for those whose requests such a node passed on, and say why.</summary>
internal sealed class PeerGate(IReplicatedState state, PeerCertificates certificates)
{
    /// <summary>The id of the node that passed a client's, or another node's, request on.</summary>
    public const string ForwardedHeader = "Mill-Forwarded";

    /// <summary>The id of the node whose request was passed on.</summary>
    public const string NodeHeader = "Mill-Node";

    /// <summary>The node that asks, also where another passed its request on.</summary>
    public async ValueTask<NodeId> DemandAsync(HttpContext http)
    {
        if (await FindForwarderAsync(http).ConfigureAwait(false) is null)
        {
            var identity = certificates.Demand(http);
            if (await FindObstacleAsync(identity, http.RequestAborted).ConfigureAwait(false) is { } obstacle) throw PeerCertificates.Refused(obstacle);
            return identity.Node;
        }
        return http.Request.Headers[NodeHeader] is [{ } text] && NodeId.TryParse(text, out var id)
            ? id
            : throw new MillException(MillError.InvalidRequest, $"A request that is passed on names the node that asks: {NodeHeader}.");
    }

    /// <summary>The same, for what is only for nodes that hold the state: what runs, and what it writes, is not for an API, whose certificate is nearer to the world. Nor is it where another passed its request on.</summary>
    public async ValueTask<NodeId> DemandHolderAsync(HttpContext http)
    {
        var node = await DemandAsync(http).ConfigureAwait(false);
        var record = (await state.ReadAsync(StateRead.Local, http.RequestAborted).ConfigureAwait(false)).Nodes.GetValueOrDefault(node)
            ?? (await state.ReadAsync(http.RequestAborted).ConfigureAwait(false)).Nodes.GetValueOrDefault(node);
        return record?.Role.HoldsKey() is true ? node : throw PeerCertificates.Refused($"Node {node} runs no containers: it is an API.");
    }

    /// <summary>
    /// The node that passed this request on; null where nobody did. The header counts only from a node that holds the state: what a client, or a front, says
    /// there is nobody's word.
    /// </summary>
    public async ValueTask<NodeId?> FindForwarderAsync(HttpContext http)
    {
        if (http.Request.Headers[ForwardedHeader] is not [{ } sender] || http.Connection.ClientCertificate is null) return null;
        var identity = certificates.Demand(http);
        if (!identity.Role.HoldsKey()) return null;
        if (sender != identity.Node.Value) throw PeerCertificates.Refused($"{ForwardedHeader} names another node than the certificate, {identity.Node}.");
        // Whoever asked that node has done nothing wrong, and is told to ask another one.
        if (await FindObstacleAsync(identity, http.RequestAborted).ConfigureAwait(false) is { } obstacle)
            throw new MillException(MillError.NoQuorum, $"The node that was asked cannot pass this on to the leader. {obstacle}") { Hint = "Ask another node." };
        return identity.Node;
    }

    /// <summary>Why a node may not talk here; null where it may.</summary>
    private async ValueTask<string?> FindObstacleAsync(NodeIdentity identity, CancellationToken cancellationToken)
    {
        if (NodeRules.MayTalk(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false), identity)) return null;
        // It may come here as soon as it was let in, which this node may not have heard of yet.
        var seen = await state.ReadAsync(cancellationToken).ConfigureAwait(false);
        return NodeRules.MayTalk(seen, identity) ? null : WhyNot(seen, identity);
    }

    private static string WhyNot(ClusterState state, NodeIdentity identity)
    {
        if (state.Cluster?.Id != identity.ClusterId) return $"Node {identity.Node} is of cluster {identity.ClusterId}, this is {state.Cluster?.Id ?? "none"}.";
        return state.Nodes.TryGetValue(identity.Node, out var node)
            ? $"The certificate of node {identity.Node} is for the role {identity.Role.Text()}; it has the role {node.Role.Text()}."
            : $"Node {identity.Node} is not in the cluster: it was removed.";
    }
}
