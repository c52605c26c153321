using System.Security.Cryptography.X509Certificates;
using Mill.Client;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>Which servers a client believes, and what it says of the others. Whatever those are, the token never gets to them.</summary>
public sealed class TrustTests : IDisposable
{
    private const string Healthy = """{"status":"ok"}""";

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_server_that_the_authority_issued_is_believed()
    {
        await using var mill = await StartAsync(_authority.Issue());
        using var client = Connect(mill, _authority.Certificate);
        Assert.Equal("ok", (await client.GetHealthAsync()).Status);
        Assert.Equal("Bearer " + FakeMill.Token, Assert.Single(mill.Seen).Header("Authorization"));
    }

    [Fact]
    public Task A_server_of_another_authority_is_not() => RequireRefusedAsync(_other.Issue(), _authority.Certificate, "is not one of this cluster's authority");

    [Fact]
    public async Task Between_the_authority_and_its_servers_there_is_nobody()
    {
        using var below = _authority.Delegate();
        await RequireRefusedAsync(below.Issue(), _authority.Certificate, "is not one of this cluster's authority", below.Certificate);
        await RequireRefusedAsync(below.Issue(), below.Certificate, "is not one of this cluster's authority");
    }

    [Fact]
    public Task A_client_is_no_server() => RequireRefusedAsync(_authority.Issue(use: TestAuthority.ClientUse), _authority.Certificate, "is not one of this cluster's authority");

    [Fact]
    public Task The_certificate_must_be_for_the_address_that_was_called() => RequireRefusedAsync(_authority.Issue("10.0.0.9"), _authority.Certificate, "is for another host");

    [Theory]
    [InlineData(-2, -1)]
    [InlineData(1, 2)]
    public Task What_is_not_valid_now_is_not_believed(int from, int to) => RequireRefusedAsync(_authority.Issue(from: from, to: to), _authority.Certificate, "is not valid at this time");

    [Fact]
    public async Task Without_an_authority_the_hint_is_to_name_one()
    {
        var failure = await RequireRefusedAsync(_authority.Issue(), authority: null, "is of an authority that this machine does not know");
        Assert.Contains("--ca-cert DATA_DIR/ca.crt", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_no_tls_is_said_to_be_one()
    {
        await using var mill = await StartAsync(null);
        using var client = new MillClient(new() { Address = new UriBuilder(mill.Address) { Scheme = "https" }.Uri, Authority = _authority.Certificate, Token = FakeMill.Token });
        var failure = await Assert.ThrowsAsync<MillException>(() => client.GetHealthAsync());
        Assert.Equal(MillError.Unreachable, failure.Error);
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task A_server_that_expects_tls_is_said_to_hang_up()
    {
        await using var mill = await StartAsync(_authority.Issue());
        using var client = new MillClient(new() { Address = new UriBuilder(mill.Address) { Scheme = "http" }.Uri, Token = FakeMill.Token });
        var failure = await Assert.ThrowsAsync<MillException>(() => client.GetHealthAsync());
        Assert.Equal(MillError.Unreachable, failure.Error);
        Assert.Contains("--ca-cert", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_authority_can_be_asked_for_by_whoever_knows_nothing_yet()
    {
        await using var mill = await FakeMill.StartAsync(_authority.Issue());
        mill.On("GET /ca.crt", context => FakeMill.WriteAsync(context, 200, "application/x-pem-file", _authority.Certificate.ExportCertificatePem()));
        var pem = await MillClient.FetchAuthorityAsync(mill.Address, TimeSpan.FromSeconds(30));
        using var fetched = X509Certificate2.CreateFromPem(pem);
        Assert.Equal(_authority.Certificate.Thumbprint, fetched.Thumbprint);
        Assert.Null(Assert.Single(mill.Seen).Header("Authorization"));
    }

    private static async Task<MillException> RequireRefusedAsync(X509Certificate2 certificate, X509Certificate2? authority, string said, X509Certificate2? issuer = null)
    {
        await using var mill = await StartAsync(certificate, issuer);
        using var client = Connect(mill, authority);
        using var value = SecretValue.FromText("canary");
        await Assert.ThrowsAsync<MillException>(() => client.SetAsync("a", value));
        var failure = await Assert.ThrowsAsync<MillException>(() => client.GetHealthAsync());
        Assert.Equal(MillError.Unreachable, failure.Error);
        Assert.Equal($"The certificate of {mill.Address.GetLeftPart(UriPartial.Authority)} {said}.", failure.Message);
        Assert.Empty(mill.Seen);
        return failure;
    }

    private static async Task<FakeMill> StartAsync(X509Certificate2? certificate, X509Certificate2? issuer = null)
    {
        var mill = await FakeMill.StartAsync(certificate, issuer);
        mill.On("GET /healthz", Healthy);
        return mill;
    }

    private static MillClient Connect(FakeMill mill, X509Certificate2? authority) => new(new() { Address = mill.Address, Authority = authority, Token = FakeMill.Token });
}
