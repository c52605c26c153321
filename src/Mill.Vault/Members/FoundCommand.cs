using System.Security.Cryptography;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>Gives the cluster its authority and its first node, once.</summary>
internal sealed class FoundCommand(KeyRing.KeyRing ring, NodePlace place, NodeRequest request) : StateCommand<Membership>
{
    private readonly NodeId _id = NodeId.From(RandomNumberGenerator.GetBytes(8));

    public override Decision<Membership> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = ring.Demand(state);
        if (state.Authority is not null)
            throw new MillException(MillError.AlreadyExists, $"Cluster {unsealed.ClusterId} was founded already.") { Hint = "Other nodes come in with: mill join" };
        using var authority = ClusterAuthority.Create(unsealed.ClusterId, now);
        var (node, certificate) = Issuing.Issue(authority, unsealed.ClusterId, request, Issuing.NodeAt(_id, place, null, now), now);
        var answer = Issuing.Answer(state, unsealed, authority.Certificate, node, certificate);
        return new(answer, [new(new AuthorityKey(), authority.ToRecord(unsealed, now)), Revoking.Next(authority, state.Revocations, [], now), new(new NodeKey(_id), node)]);
    }
}
