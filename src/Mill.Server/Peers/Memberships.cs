using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Server.Peers;

/// <summary>Nodes as others are told of them.</summary>
internal static class Memberships
{
    /// <summary>Shares the master key with the membership, if it holds one: disposing either clears it.</summary>
    public static MembershipResponse ToResponse(this Membership membership) => new()
    {
        NodeId = membership.Node.Id.Value,
        ClusterId = membership.ClusterId,
        Certificate = membership.Certificate,
        Authority = membership.Authority,
        NeededKeyId = membership.NeededKeyId,
        MasterKey = membership.MasterKey,
        Members = Places(membership.Members),
    };

    public static IReadOnlyList<MemberPlace> Places(IEnumerable<NodeRecord> nodes) =>
        [.. nodes.Select(node => new MemberPlace(node.Id.Value, node.Name, node.Address, node.ApiPort, node.PeerPort, node.Role.Text()))];
}
