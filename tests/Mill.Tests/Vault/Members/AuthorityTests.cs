using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Tests.Core;
using Mill.Vault.Envelopes;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

public sealed class AuthorityTests : IDisposable
{
    private static readonly Timestamp Now = Timestamp.From(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private static readonly NodePlace Place = new("db-1.example.com", "10.0.0.7", 7701, 7702, NodeRole.Vault, "0.1.0");

    private readonly ClusterAuthority _authority = ClusterAuthority.Create(Sealing.Cluster, Now);
    private readonly NodeKeyPair _node = NodeKeyPair.Create();

    public void Dispose()
    {
        _authority.Dispose();
        _node.Dispose();
    }

    [Fact]
    public void The_authority_may_issue_for_nodes_and_nothing_else()
    {
        var certificate = _authority.Certificate;
        Assert.Equal(("O=mill, CN=mill cluster-1", certificate.Subject), (Names(certificate.SubjectName), certificate.Issuer));
        var constraints = Assert.Single(certificate.Extensions.OfType<X509BasicConstraintsExtension>());
        Assert.Equal((true, true, true, 0), (constraints.Critical, constraints.CertificateAuthority, constraints.HasPathLengthConstraint, constraints.PathLengthConstraint));
        var usage = Assert.Single(certificate.Extensions.OfType<X509KeyUsageExtension>());
        Assert.Equal((true, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign), (usage.Critical, usage.KeyUsages));
        using var key = certificate.GetECDsaPublicKey()!;
        Assert.Equal("1.2.840.10045.3.1.7", key.ExportParameters(false).Curve.Oid.Value);
        Assert.Equal(TimeSpan.FromDays(3650), certificate.NotAfter - certificate.NotBefore);
        Assert.Equal((Now - TimeSpan.FromMinutes(5)).ToDateTimeOffset().UtcDateTime, certificate.NotBefore.ToUniversalTime());
    }

    [Fact]
    public void A_node_certificate_says_what_we_know_of_the_node()
    {
        using var certificate = Issue();
        Assert.Equal(("O=mill, CN=0000000000000001", "O=mill, CN=mill cluster-1"), (Names(certificate.SubjectName), Names(certificate.IssuerName)));
        var names = Assert.Single(certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal([IPAddress.Parse("10.0.0.7")], names.EnumerateIPAddresses());
        Assert.Equal(["localhost", "db-1.example.com"], names.EnumerateDnsNames());
        Assert.True(NodeIdentity.TryParse(certificate, out var identity));
        Assert.Equal(new(Sealing.Cluster, Samples.NodeId(1), NodeRole.Vault), identity);
        var uses = Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages.Cast<Oid>();
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], uses.Select(use => use.Value));
        Assert.False(Assert.Single(certificate.Extensions.OfType<X509BasicConstraintsExtension>()).CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, Assert.Single(certificate.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        var issuer = Assert.Single(certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>());
        Assert.Equal(_authority.Certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes, issuer.KeyIdentifier!.Value);
        Assert.Single(certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>());
        Assert.Equal((Now - TimeSpan.FromMinutes(5)).ToDateTimeOffset().UtcDateTime, certificate.NotBefore.ToUniversalTime());
        Assert.Equal((Now + TimeSpan.FromDays(90)).ToDateTimeOffset().UtcDateTime, certificate.NotAfter.ToUniversalTime());
    }

    [Fact]
    public void Names_that_were_asked_for_are_not_given()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = new CertificateRequest("CN=0000000000000009, O=somebody", key, HashAlgorithmName.SHA256);
        var wanted = new SubjectAlternativeNameBuilder();
        wanted.AddDnsName("bank.example");
        wanted.AddUri(new("mill://cluster-1/nodes/0000000000000009?role=both"));
        asked.CertificateExtensions.Add(wanted.Build());
        asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = _authority.Issue(NodeRequest.Parse(asked.CreateSigningRequestPem()).Key, new(Sealing.Cluster, Samples.NodeId(1), NodeRole.Api), Place with { Name = "n_1" }, Now);
        Assert.Equal("O=mill, CN=0000000000000001", Names(certificate.SubjectName));
        Assert.Equal(["localhost"], certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.True(NodeIdentity.TryParse(certificate, out var identity));
        Assert.Equal(NodeRole.Api, identity.Role);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void Serials_are_positive_long_and_never_alike()
    {
        var serials = Enumerable.Range(0, 50).Select(_ => Issue().SerialNumberBytes.ToArray()).ToList();
        Assert.All(serials, serial => Assert.Equal((16, true), (serial.Length, serial[0] is >= 0x40 and < 0x80)));
        Assert.Equal(50, serials.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void No_certificate_outlives_the_authority()
    {
        var late = Now + TimeSpan.FromDays(3640);
        using var certificate = Issue(late);
        Assert.Equal(_authority.Certificate.NotAfter, certificate.NotAfter);
        Assert.Null(new ClusterTrust(_authority.Certificate).FindFault(certificate, PeerUse.Server, late.ToDateTimeOffset()));
        Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(() => Issue(Now + TimeSpan.FromDays(3650))).Error);
    }

    [Fact]
    public void An_authority_opens_again_and_issues_what_the_first_one_would()
    {
        var record = _authority.ToRecord(Sealing.Unsealed, Now);
        using var again = ClusterAuthority.Open(Sealing.Unsealed, record);
        Assert.Equal(_authority.Certificate.RawData, again.Certificate.RawData);
        using var certificate = again.Issue(NodeRequest.Parse(_node.Request()).Key, new(Sealing.Cluster, Samples.NodeId(1), NodeRole.Both), Place, Now);
        Assert.Null(new ClusterTrust(_authority.Certificate).FindFault(certificate, PeerUse.Server, Now.ToDateTimeOffset()));
    }

    [Fact]
    public void An_authority_opens_with_its_own_key_in_its_own_cluster_only()
    {
        var record = _authority.ToRecord(Sealing.Unsealed, Now);
        using var other = ClusterAuthority.Create(Sealing.Cluster, Now);
        using var key = Sealing.Key(2);
        RequireRejected(() => ClusterAuthority.Open(new(key, Sealing.Cluster), record));
        RequireRejected(() => ClusterAuthority.Open(Sealing.Unsealed with { ClusterId = "cluster-2" }, record));
        RequireRejected(() => ClusterAuthority.Open(Sealing.Unsealed, record with { Certificate = other.Certificate.RawData }));
        RequireRejected(() => ClusterAuthority.Open(Sealing.Unsealed, record with { Certificate = [1, 2, 3] }));
        RequireRejected(() => ClusterAuthority.Open(Sealing.Unsealed, record with { SealedKey = "AAAA" }));
        RequireRejected(() => ClusterAuthority.Open(Sealing.Unsealed, record with { SealedKey = TextSealer.Seal(Sealing.Unsealed, "no key", "/mill/v1/authority") }));
    }

    private static void RequireRejected(Func<ClusterAuthority> open) => Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(open).Error);

    private static string Names(X500DistinguishedName name) => name.Decode(X500DistinguishedNameFlags.None);

    private X509Certificate2 Issue(Timestamp? at = null) =>
        _authority.Issue(NodeRequest.Parse(_node.Request()).Key, new(Sealing.Cluster, Samples.NodeId(1), NodeRole.Vault), Place, at ?? Now);
}
