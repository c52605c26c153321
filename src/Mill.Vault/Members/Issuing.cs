using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Members;

/// <summary>A node's record and certificate, made together.</summary>
internal static class Issuing
{
    /// <summary>A certificate, and the record that says which one was issued last.</summary>
    public static (NodeRecord Record, string Certificate) Issue(ClusterAuthority authority, string clusterId, NodeRequest request, NodeRecord node, Timestamp now)
    {
        using var certificate = authority.Issue(request.Key, new(clusterId, node.Id, node.Role), PlaceOf(node), now);
        var issued = new IssuedCertificate(certificate.SerialNumber.ToLowerInvariant(), Timestamp.From(certificate.NotAfter.ToUniversalTime()));
        return (RevocationRules.WithCertificate(node, issued, now), certificate.ExportCertificatePem());
    }

    /// <summary>A node that comes for the first time, or its record brought up to date.</summary>
    public static NodeRecord NodeAt(NodeId id, NodePlace place, NodeRecord? before, Timestamp now) => new()
    {
        Id = id,
        Name = place.Name,
        Address = place.Address,
        ApiPort = place.ApiPort,
        PeerPort = place.PeerPort,
        Role = place.Role,
        MemberId = before?.MemberId,
        JoinedAt = before?.JoinedAt ?? now,
        CertificateSerial = before?.CertificateSerial ?? "",
        CertificateNotAfter = before?.CertificateNotAfter ?? now,
        EarlierCertificates = before?.EarlierCertificates,
        Version = place.Version,
    };

    public static NodePlace PlaceOf(NodeRecord node) => new(node.Name, node.Address, node.ApiPort, node.PeerPort, node.Role, node.Version);

    /// <summary>What a node is told: of the state as it will be with its own record.</summary>
    public static Membership Answer(ClusterState state, Unsealed unsealed, X509Certificate2 authority, NodeRecord node, string certificate) =>
        new(node, unsealed.ClusterId, certificate, authority.ExportCertificatePem(), unsealed.Key.Id, [.. state.Nodes.SetItem(node.Id, node).Values]);
}
