using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Members;

/// <summary>A new certificate for a node that is there. The one before goes on working until it ends: it is the node that is removed, not a certificate.</summary>
internal sealed class RenewCommand(KeyRing.KeyRing ring, NodeId id, NodeRequest request, string version) : StateCommand<Membership>
{
    public override Decision<Membership> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = ring.Demand(state);
        var before = MemberBook.Demand(state, id);
        var place = NodeRules.Normal(Issuing.PlaceOf(before) with { Version = version });
        using var authority = ClusterAuthority.Open(unsealed, MemberBook.DemandAuthority(state));
        var (node, certificate) = Issuing.Issue(authority, unsealed.ClusterId, request, Issuing.NodeAt(id, place, before, now), now);
        return new(Issuing.Answer(state, unsealed, authority.Certificate, node, certificate), [new(new NodeKey(id), node)]);
    }
}
