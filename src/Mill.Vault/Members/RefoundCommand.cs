using System.Security.Cryptography;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Members;

/// <summary>Begins anew with one node: every other that holds the state is out, and every token to join with is void. APIs hold nothing, and stay.</summary>
/// <param name="known">The node that stays; null where a new one comes in the place of all.</param>
internal sealed class RefoundCommand(KeyRing.KeyRing ring, NodeId? known, NodePlace place, NodeRequest request) : StateCommand<Membership>
{
    private readonly NodeId _id = known ?? NodeId.From(RandomNumberGenerator.GetBytes(8));

    public override Decision<Membership> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = ring.Demand(state);
        var before = MemberBook.DemandAuthority(state);
        // Where nothing ran for years, it may have ended.
        var current = AuthorityRules.IsDue(ClusterAuthority.EndOf(before), now) ? ClusterAuthority.Renew(unsealed, before, now) : before;
        using var authority = ClusterAuthority.Open(unsealed, current);
        var gone = state.Nodes.Values.Where(other => other.Id != _id && (other.Role.HoldsKey() || known is null)).ToList();
        var (node, certificate) = Issuing.Issue(authority, unsealed.ClusterId, request, Issuing.NodeAt(_id, place, state.Nodes.GetValueOrDefault(_id), now) with { MemberId = null }, now);
        var left = state with { Nodes = state.Nodes.RemoveRange(gone.Select(other => other.Id)) };
        return new(Issuing.Answer(left, unsealed, authority.Certificate, node, certificate),
        [
            .. gone.Select(other => new StateChange(new NodeKey(other.Id), null)),
            .. gone.SelectMany(other => MemberBook.Containers(state, other)),
            .. state.JoinTokens.Keys.Select(token => new StateChange(new JoinTokenKey(token), null)),
            .. ReferenceEquals(current, before) ? (StateChange[])[] : [new(new AuthorityKey(), current)],
            new(new NodeKey(_id), node),
            Revoking.Next(authority, state.Revocations, gone, now),
        ]);
    }
}
