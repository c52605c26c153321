using Mill.Client.Contracts;
using Mill.Core.Model;

namespace Mill.Server.Peers;

/// <summary>Where a node answers, and which one it must be.</summary>
/// <param name="Node">Null where only the address is known: then the certificate must be for that.</param>
public sealed record PeerPlace(NodeId? Node, Uri Address)
{
    public static PeerPlace Of(NodeRecord node) => new(node.Id, Url(node.Address, node.ApiPort));

    public static PeerPlace Of(MemberPlace member) => new(NodeId.TryParse(member.Id, out var id) ? id : null, Url(member.Address, member.ApiPort));

    public override string ToString() => Address.Authority;

    private static Uri Url(string address, int port) => new UriBuilder(Uri.UriSchemeHttps, address, port).Uri;
}
