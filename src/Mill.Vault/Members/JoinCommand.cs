using System.Security.Cryptography;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Members;

/// <summary>Uses a join token up and adds the node, together; for a node that asks once more, gives the same node a new certificate.</summary>
internal sealed class JoinCommand(KeyRing.KeyRing ring, JoinRequest request, NodePlace place, NodeRequest certificateRequest) : StateCommand<Membership>
{
    private readonly NodeId _id = NodeId.From(RandomNumberGenerator.GetBytes(8));

    public override Decision<Membership> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = ring.Demand(state);
        var (token, before) = JoinRules.Judge(state, request, place, certificateRequest.KeyHash, now);
        using var authority = ClusterAuthority.Open(unsealed, state.Authority!);
        var id = before?.Id ?? _id;
        var (node, certificate) = Issuing.Issue(authority, unsealed.ClusterId, certificateRequest, Issuing.NodeAt(id, place, before, now), now);
        var used = token with { UsedAt = token.UsedAt ?? now, UsedBy = id, UsedKeyHash = certificateRequest.KeyHash };
        var answer = Issuing.Answer(state, unsealed, authority.Certificate, node, certificate);
        return new(answer, [new(new JoinTokenKey(token.Id), used), new(new NodeKey(id), node)]);
    }
}
