using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>Every refusal says why, and changes nothing: the same request would be let in but for one thing.</summary>
public sealed class JoinRefusalTests
{
    private static readonly Dictionary<string, (MillError Error, string Says, Func<JoinRequest, JoinRequest> Spoil)> Spoiled = new()
    {
        ["no token"] = (MillError.Unauthenticated, "not a join token", request => request with { Token = "" }),
        ["another kind of token"] = (MillError.Unauthenticated, "not a join token", request => request with { Token = "mill_" + new string('a', 12) + "_" + new string('b', 43) }),
        ["unknown token"] = (MillError.Unauthenticated, "not known", request => With(request, token => token with { Id = new string('0', 12) })),
        ["wrong secret"] = (MillError.Unauthenticated, "secret part", request => With(request, token => token with { Secret = new string('0', 43) })),
        ["wrong cluster"] = (MillError.PreconditionFailed, "belongs to cluster c9", request => request with { ClusterId = "c9" }),
        ["no cluster"] = (MillError.PreconditionFailed, "belongs to another.", request => request with { ClusterId = "c9\n2026 forged line" }),
        ["no master key"] = (MillError.PreconditionFailed, "has another.", request => request with { KeyId = "\u001b[2J" }),
        ["wrong master key"] = (MillError.PreconditionFailed, "sealed with master key", request => request with { KeyId = "0000000000000000" }),
        ["role"] = (MillError.Forbidden, "role vault", request => request with { Place = request.Place with { Role = NodeRole.Both } }),
        ["address"] = (MillError.AlreadyExists, "10.0.0.1:7701", request => request with { Place = request.Place with { Address = "10.0.0.1" } }),
        ["address in another spelling"] = (MillError.AlreadyExists, "10.0.0.1:7701", request => request with { Place = request.Place with { Address = "::ffff:10.0.0.1" } }),
        ["name"] = (MillError.AlreadyExists, "\"n1\"", request => request with { Place = request.Place with { Name = "n1" } }),
        ["place"] = (MillError.InvalidRequest, "port", request => request with { Place = request.Place with { ApiPort = 0 } }),
        ["no certificate request"] = (MillError.InvalidRequest, "empty", request => request with { CertificateRequest = "" }),
        ["endless certificate request"] = (MillError.InvalidRequest, "too long", request => request with { CertificateRequest = request.CertificateRequest + new string(' ', 10_000) }),
        ["half a certificate request"] = (MillError.InvalidRequest, "cannot be read", request => request with { CertificateRequest = request.CertificateRequest[..60] }),
        ["altered certificate request"] = (MillError.InvalidRequest, "signature", request => request with { CertificateRequest = Altered(request.CertificateRequest) }),
        ["another curve"] = (MillError.InvalidRequest, "P-256", request => request with { CertificateRequest = RequestFor(ECCurve.NamedCurves.nistP384) }),
        ["RSA"] = (MillError.InvalidRequest, "elliptic", request => request with { CertificateRequest = RequestForRsa() }),
        ["a certificate"] = (MillError.InvalidRequest, "cannot be read", request => request with { CertificateRequest = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }),
    };

    public static TheoryData<string> Refusals => [.. Spoiled.Keys];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_join_that_is_refused_says_why_and_changes_nothing(string what)
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var key = NodeKeyPair.Create();
        var good = new JoinRequest(await cluster.CreateTokenAsync(NodeRole.Vault), TestCluster.Place(2, NodeRole.Vault), key.Request(), cluster.First.ClusterId, cluster.First.NeededKeyId);
        var (error, says, spoil) = Spoiled[what];
        var refused = await cluster.RequireRefusedAsync(error, () => cluster.Members.JoinAsync(spoil(good), default));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(good.Token.Split('_')[3], refused.ToString() + refused.Hint, StringComparison.Ordinal);
        using var joined = (await cluster.Members.JoinAsync(good, default)).Answer;
        Assert.Equal(2, joined.Members.Count);
    }

    [Fact]
    public async Task A_token_that_expired_is_refused_whatever_the_clock_does_then()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync(lasts: TimeSpan.FromMinutes(10));
        using var key = NodeKeyPair.Create();
        cluster.Vault.Time.Advance(TimeSpan.FromMinutes(11));
        var refused = await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default));
        Assert.Contains("expired", refused.Message, StringComparison.Ordinal);

        // A commit carries the later time; a server whose clock is behind it still refuses.
        await cluster.Vault.SetAsync("a", "1");
        var behind = new MemberBook(cluster.Vault.State, cluster.Vault.Ring, new ManualTime(), NullLogger<MemberBook>.Instance);
        await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => behind.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default));
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_unknown()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var created = (await cluster.Members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r"), default)).Answer;
        await cluster.Members.RevokeJoinTokenAsync(TestVault.Operator, created.Record.Id, new("r"), default);
        using var key = NodeKeyPair.Create();
        var refused = await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => cluster.Members.JoinAsync(new(created.Token, TestCluster.Place(2), key.Request()), default));
        Assert.Contains("not known", refused.Message, StringComparison.Ordinal);
        await cluster.RequireRefusedAsync(MillError.NotFound, () => cluster.Members.RevokeJoinTokenAsync(TestVault.Operator, created.Record.Id, new("r"), default));
    }

    [Fact]
    public async Task A_sealed_vault_lets_nobody_in_and_changes_nothing()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync();
        using var key = NodeKeyPair.Create();
        await using var vault = await TestVault.OpenAsync(new(Sealing.KeyText(2), null), cluster.Vault.Store, cluster.Vault.Time);
        var members = vault.Host.Members;
        Func<Task>[] writes =
        [
            () => members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default),
            () => members.JoinAsync(new("", TestCluster.Place(2), key.Request()), default),
            () => members.FoundAsync(TestCluster.Place(2), key.Request(), default),
            () => members.RenewAsync(cluster.First.Node.Id, key.Request(), "0.1.0", default),
            () => members.RemoveAsync(TestVault.Operator, cluster.First.Node.Id, new("r"), default),
            () => members.SetMemberIdAsync(cluster.First.Node.Id, "ff", default),
            () => members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r"), default),
            () => members.RevokeJoinTokenAsync(TestVault.Operator, token.Split('_')[2], new("r"), default),
        ];
        foreach (var write in writes) await cluster.RequireRefusedAsync(MillError.VaultSealed, write);
    }

    private static JoinRequest With(JoinRequest request, Func<JoinToken, JoinToken> change) =>
        JoinToken.TryParse(request.Token, out var token) ? request with { Token = change(token).Reveal() } : throw new InvalidOperationException();

    /// <summary>The last byte of the signature is another one.</summary>
    private static string Altered(string pem)
    {
        var fields = PemEncoding.Find(pem);
        var bytes = Convert.FromBase64String(pem[fields.Base64Data]);
        bytes[^1] ^= 1;
        return PemEncoding.WriteString("CERTIFICATE REQUEST", bytes);
    }

    private static string RequestFor(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return new CertificateRequest("CN=n", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    private static string RequestForRsa()
    {
        using var key = RSA.Create(2048);
        return new CertificateRequest("CN=n", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
    }
}
