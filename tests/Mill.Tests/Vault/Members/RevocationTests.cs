using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>The list of removed nodes' certificates, for those who cannot ask which nodes there are.</summary>
public sealed class RevocationTests
{
    [Fact]
    public async Task A_founded_cluster_has_a_list_with_nothing_in_it_signed_by_its_authority()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var revocations = await RevocationsAsync(cluster);
        Assert.Empty(revocations.Certificates);
        Assert.Equal(1, revocations.Number);
        Assert.True(IsSigned(revocations.List, cluster.Trust.Authority));
        Assert.False(IsListed(revocations.List, "0a"));
    }

    [Fact]
    public async Task Every_certificate_of_a_removed_node_is_out_and_nobody_elses()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var key = NodeKeyPair.Create();
        using var joined = await cluster.JoinAsync(2, key: key);
        using var other = await cluster.JoinAsync(3);
        using var renewed = (await cluster.Members.RenewAsync(joined.Node.Id, key.Request(), "0.2.0", default)).Answer;
        await RemoveAsync(cluster, joined.Node.Id);
        var revocations = await RevocationsAsync(cluster);
        Assert.True(IsSigned(revocations.List, cluster.Trust.Authority));
        Assert.True(IsListed(revocations.List, SerialOf(joined)));
        Assert.True(IsListed(revocations.List, SerialOf(renewed)));
        foreach (var good in (Membership[])[cluster.First, other]) Assert.False(IsListed(revocations.List, SerialOf(good)));
        Assert.All(revocations.Certificates, certificate => Assert.Equal(joined.Node.Id, certificate.Node));
        CertificateRevocationListBuilder.Load(revocations.List, out var number);
        Assert.Equal((new BigInteger(2), 2), (number, revocations.Number));
    }

    [Fact]
    public async Task What_has_ended_is_listed_no_more_when_the_next_node_goes()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var first = await cluster.JoinAsync(2);
        await RemoveAsync(cluster, first.Node.Id);
        cluster.Vault.Time.Advance(ClusterAuthority.NodeLifetime + TimeSpan.FromHours(1));
        using var second = await cluster.JoinAsync(3);
        await RemoveAsync(cluster, second.Node.Id);
        Assert.Equal(2, (await RevocationsAsync(cluster)).Certificates.Count); // the clocks of others may be behind
        cluster.Vault.Time.Advance(TimeSpan.FromDays(1));
        using var third = await cluster.JoinAsync(4);
        await RemoveAsync(cluster, third.Node.Id);
        var revocations = await RevocationsAsync(cluster);
        Assert.Equal([SerialOf(second), SerialOf(third)], revocations.Certificates.Select(certificate => certificate.Serial));
        Assert.False(IsListed(revocations.List, SerialOf(first)));
    }

    [Fact]
    public async Task A_node_does_not_keep_more_certificates_than_can_be_listed()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var node = cluster.First.Node.Id;
        for (var i = 1; i < RevocationRules.MaxCertificates; i++) (await cluster.Members.RenewAsync(node, cluster.FirstKey.Request(), "0.2.0", default)).Answer.Dispose();
        await cluster.RequireRefusedAsync(MillError.RateLimited, () => cluster.Members.RenewAsync(node, cluster.FirstKey.Request(), "0.2.0", default));
        cluster.Vault.Time.Advance(ClusterAuthority.NodeLifetime + TimeSpan.FromDays(2));
        using var renewed = (await cluster.Members.RenewAsync(node, cluster.FirstKey.Request(), "0.2.0", default)).Answer;
        Assert.Null(renewed.Node.EarlierCertificates);
    }

    [Fact]
    public async Task Whoever_begins_anew_shuts_all_others_out()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var lost = await cluster.JoinAsync(2);
        using var api = await cluster.JoinAsync(3, NodeRole.Api);
        using var alone = (await cluster.Members.RefoundAsync(cluster.First.Node.Id, TestCluster.FirstPlace, cluster.FirstKey.Request(), default)).Answer;
        var revocations = await RevocationsAsync(cluster);
        Assert.True(IsListed(revocations.List, SerialOf(lost)));
        foreach (var good in (Membership[])[cluster.First, alone, api]) Assert.False(IsListed(revocations.List, SerialOf(good)));
    }

    private static async Task<RevocationsRecord> RevocationsAsync(TestCluster cluster) => (await cluster.Vault.StateAsync()).Revocations!;

    private static Task<Committed<NodeRecord>> RemoveAsync(TestCluster cluster, NodeId node) => cluster.Members.RemoveAsync(TestVault.Operator, node, new("r"), default);

    private static string SerialOf(Membership membership)
    {
        using var certificate = TestCluster.Certificate(membership);
        return certificate.SerialNumber.ToLowerInvariant();
    }

    /// <summary>By the list itself, as it is read elsewhere.</summary>
    private static bool IsListed(byte[] list, string serial) => CertificateRevocationListBuilder.Load(list, out _).RemoveEntry(Convert.FromHexString(serial));

    private static bool IsSigned(byte[] list, X509Certificate2 authority)
    {
        var signed = new AsnReader(list, AsnEncodingRules.DER).ReadSequence();
        var content = signed.ReadEncodedValue();
        signed.ReadSequence(); // the algorithm
        using var key = authority.GetECDsaPublicKey()!;
        return key.VerifyData(content.Span, signed.ReadBitString(out _), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
