using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Members;

public sealed class NodeIdentityTests
{
    private const string Uri = "mill://c1/nodes/0000000000000001?role=vault";

    [Theory]
    [InlineData(NodeRole.Vault)]
    [InlineData(NodeRole.Api)]
    [InlineData(NodeRole.Both)]
    public void An_identity_reads_back(NodeRole role)
    {
        var identity = new NodeIdentity("00ff00ff00ff00ff00ff00ff00ff00ff", Samples.NodeId(7), role);
        Assert.True(NodeIdentity.TryParse(identity.ToString(), out var again));
        Assert.Equal(identity, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mill://")]
    [InlineData("mill:///nodes/0000000000000001?role=vault")]
    [InlineData("mill://c1/nodes/?role=vault")]
    [InlineData("mill://c1/nodes/0000000000000001")]
    [InlineData("mill://c1/nodes/0000000000000001?role=")]
    [InlineData("mill://c1/nodes/0000000000000001?role=Vault")]
    [InlineData("mill://c1/nodes/0000000000000001?role=vault&role=both")]
    [InlineData("mill://c1/nodes/0000000000000001?role=vault#x")]
    [InlineData("mill://c1/nodes/000000000000000A?role=vault")]
    [InlineData("mill://c1/nodes/0000000000000001/x?role=vault")]
    [InlineData("mill://c1/x/nodes/0000000000000001?role=vault")]
    [InlineData("mill://C1/nodes/0000000000000001?role=vault")]
    [InlineData("mill://a@c1/nodes/0000000000000001?role=vault")]
    [InlineData("mill://c1:80/nodes/0000000000000001?role=vault")]
    [InlineData("https://c1/nodes/0000000000000001?role=vault")]
    [InlineData("mill://c1?role=/nodes/0000000000000001")]
    [InlineData("mill://c1/nodes?role=vault")]
    public void What_is_no_identity_is_none(string? text) => Assert.False(NodeIdentity.TryParse(text, out _));

    [Fact]
    public void A_certificate_says_who_its_holder_is()
    {
        Assert.True(NodeIdentity.TryParse(Certificate("CN=0000000000000001", Uri), out var identity));
        Assert.Equal(new("c1", Samples.NodeId(1), NodeRole.Vault), identity);
    }

    [Fact]
    public void A_certificate_that_says_it_twice_or_not_at_all_or_differently_is_nobodys()
    {
        Assert.False(NodeIdentity.TryParse((X509Certificate2?)null, out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000001"), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000001", "https://c1/"), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000001", Uri, Uri.Replace("vault", "both", StringComparison.Ordinal)), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000001", Uri, "https://c1/"), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000002", Uri), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("O=0000000000000001", Uri), out _));
        Assert.False(NodeIdentity.TryParse(Certificate("CN=0000000000000001, CN=0000000000000002", Uri), out _));
    }

    [Fact]
    public void Names_that_cannot_be_read_are_nobodys()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=0000000000000001", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x05, 0x86, 0x7f], critical: false));
        Assert.False(NodeIdentity.TryParse(request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90)), out _));
    }

    private static X509Certificate2 Certificate(string subject, params string[] uris)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("n1");
        foreach (var uri in uris) names.AddUri(new(uri));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
    }
}
