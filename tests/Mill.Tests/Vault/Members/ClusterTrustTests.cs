using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Tests.Core;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

public sealed class ClusterTrustTests : IAsyncLifetime
{
    /// <summary>Whoever shows anything.</summary>
    private static readonly RemoteCertificateValidationCallback Anybody = (_, certificate, _, _) => certificate is not null;

    private readonly NodeKeyPair _key = NodeKeyPair.Create();
    private TestCluster _cluster = null!;
    private X509Certificate2 _first = null!;
    private X509Certificate2 _second = null!;

    private Func<DateTimeOffset> Now => () => _cluster.Now;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.FoundAsync();
        _first = _cluster.FirstKey.Certify(_cluster.First.Certificate);
        using var joined = await _cluster.JoinAsync(2, NodeRole.Api, _key);
        _second = _key.Certify(joined.Certificate);
    }

    public async Task DisposeAsync()
    {
        _key.Dispose();
        _first.Dispose();
        _second.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Two_nodes_accept_each_other_whoever_calls()
    {
        var trust = _cluster.Trust;
        Assert.True(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now)));
        Assert.True(await Handshake.TryAsync(_second, trust.ForClients(Now), _first, trust.ForServers(Now), "10.0.0.2"));
        Assert.True(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now), "localhost"));
        Assert.True(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now), "n1"));
    }

    [Fact]
    public async Task Without_a_certificate_nobody_comes_in() =>
        Assert.False(await Handshake.TryAsync(_first, _cluster.Trust.ForClients(Now), null, _cluster.Trust.ForServers(Now)));

    [Fact]
    public async Task The_certificate_must_be_for_the_host_or_of_the_node_that_was_called()
    {
        var trust = _cluster.Trust;
        var (one, two) = (_cluster.First.Node.Id, IdOf(_second));
        Assert.False(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now), "10.0.0.2"));
        Assert.False(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now), "127.0.0.1"));
        Assert.True(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now, expected: one), "127.0.0.1"));
        Assert.False(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now, expected: two)));
    }

    [Fact]
    public async Task A_certificate_of_another_cluster_is_refused_by_both_ends()
    {
        await using var other = await TestCluster.FoundAsync();
        using var foreign = other.FirstKey.Certify(other.First.Certificate);
        var trust = _cluster.Trust;
        Assert.True(await Handshake.TryAsync(_first, Anybody, foreign, trust.ForServers(Now)));
        Assert.False(await Handshake.TryAsync(_first, trust.ForClients(Now), foreign, Anybody));
        Assert.True(await Handshake.TryAsync(foreign, trust.ForClients(Now), _first, Anybody));
        Assert.False(await Handshake.TryAsync(foreign, trust.ForClients(Now), _first, trust.ForServers(Now)));
        Assert.Equal("it was not issued by the cluster's authority", trust.FindFault(foreign, PeerUse.Client, _cluster.Now));
    }

    [Fact]
    public async Task A_certificate_works_from_a_little_before_it_was_issued_until_it_ends()
    {
        var (trust, issued) = (_cluster.Trust, _cluster.Now);
        Assert.Null(trust.FindFault(_first, PeerUse.Server, issued.AddMinutes(-4)));
        Assert.Equal("it is not valid at this time", trust.FindFault(_first, PeerUse.Server, issued.AddMinutes(-6)));
        _cluster.Vault.Time.Advance(TimeSpan.FromDays(90) - TimeSpan.FromMinutes(1));
        Assert.True(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now)));
        _cluster.Vault.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("it is not valid at this time", trust.FindFault(_first, PeerUse.Server, _cluster.Now));
        Assert.False(await Handshake.TryAsync(_first, trust.ForClients(Now), _second, trust.ForServers(Now)));
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1", true, false)]
    [InlineData("1.3.6.1.5.5.7.3.2", false, true)]
    public void A_certificate_is_good_for_its_use_only(string use, bool forServers, bool forClients)
    {
        using var authority = MakeAuthority(out var key);
        using var certificate = MakeLeaf(authority, key, use);
        var trust = new ClusterTrust(authority);
        Assert.Equal(forServers ? null : "it is not for this use", trust.FindFault(certificate, PeerUse.Server, _cluster.Now));
        Assert.Equal(forClients ? null : "it is not for this use", trust.FindFault(certificate, PeerUse.Client, _cluster.Now));
    }

    [Fact]
    public void What_a_node_issues_itself_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=mill, CN=0000000000000009", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new($"mill://{_cluster.First.ClusterId}/nodes/0000000000000009?role=both"));
        request.CertificateExtensions.Add(names.Build());
        using var own = _first.GetECDsaPrivateKey()!;
        using var forged = request.Create(_first.SubjectName, X509SignatureGenerator.CreateForECDsa(own), _first.NotBefore, _first.NotAfter, [1]);
        Assert.NotNull(_cluster.Trust.FindFault(forged, PeerUse.Client, _cluster.Now));
        using var alone = request.CreateSelfSigned(_first.NotBefore, _first.NotAfter);
        Assert.NotNull(_cluster.Trust.FindFault(alone, PeerUse.Client, _cluster.Now));
    }

    [Fact]
    public void Nobody_shows_the_authoritys_own_certificate_or_none()
    {
        using var authority = X509Certificate2.CreateFromPem(_cluster.First.Authority);
        Assert.NotNull(_cluster.Trust.FindFault(authority, PeerUse.Server, _cluster.Now));
        Assert.NotNull(_cluster.Trust.FindFault(null, PeerUse.Server, _cluster.Now));
    }

    [Fact]
    public async Task A_certificate_that_names_no_node_is_refused_though_the_authority_issued_it()
    {
        using var authority = MakeAuthority(out var key);
        using var nobody = MakeLeaf(authority, key, "1.3.6.1.5.5.7.3.1");
        var trust = new ClusterTrust(authority);
        Assert.Null(trust.FindFault(nobody, PeerUse.Server, _cluster.Now));
        Assert.True(await Handshake.TryAsync(nobody, Anybody, _first, Anybody));
        Assert.False(await Handshake.TryAsync(nobody, Anybody, _first, trust.ForServers(Now)));
    }

    [Fact]
    public async Task The_pin_of_a_token_tells_the_right_authority_from_any_other()
    {
        await using var other = await TestCluster.FoundAsync();
        Assert.True(JoinToken.TryParse(await _cluster.CreateTokenAsync(), out var token));
        Assert.True(ClusterTrust.TryParse(_cluster.First.Authority, token.Pin, out var trust));
        Assert.Null(trust.FindFault(_first, PeerUse.Server, _cluster.Now));
        Assert.False(ClusterTrust.TryParse(other.First.Authority, token.Pin, out _));
        Assert.False(ClusterTrust.TryParse(_cluster.First.Authority, token.Pin[..^1], out _));
    }

    [Fact]
    public void What_is_no_authority_is_not_trusted()
    {
        Assert.False(ClusterTrust.TryParse(null, null, out _));
        Assert.False(ClusterTrust.TryParse("", null, out _));
        Assert.False(ClusterTrust.TryParse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", null, out _));
        Assert.False(ClusterTrust.TryParse(_cluster.First.Certificate, null, out _));
        Assert.False(ClusterTrust.TryParse(_cluster.First.Certificate, ClusterTrust.PinOf(_first), out _));
    }

    private static NodeId IdOf(X509Certificate2 certificate) => NodeIdentity.TryParse(certificate, out var identity) ? identity.Node : throw new InvalidOperationException();

    private X509Certificate2 MakeAuthority(out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        return request.CreateSelfSigned(_cluster.Now.AddDays(-1), _cluster.Now.AddDays(1));
    }

    private X509Certificate2 MakeLeaf(X509Certificate2 authority, ECDsa authorityKey, string use)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Samples.NodeId(1)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(use)], false));
        using var bare = request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), _cluster.Now.AddHours(-1), _cluster.Now.AddHours(1), [1]);
        return bare.CopyWithPrivateKey(key);
    }
}
