using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.State;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>The authority is given more time long before it ends, and nobody notices who does not look.</summary>
public sealed class AuthorityRenewalTests : IAsyncLifetime
{
    private static readonly TimeSpan UntilDue = AuthorityRules.Lifetime - AuthorityRules.RenewedBefore;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly RecordingLogger<AuthorityRenewal> _log = new();
    private TestCluster _cluster = null!;

    private ManualTime Time => _cluster.Vault.Time;

    public async Task InitializeAsync() => _cluster = await TestCluster.FoundAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task It_is_renewed_when_a_third_of_its_life_is_left_and_not_before()
    {
        Time.Advance(UntilDue - Hour);
        var before = await RevisionAsync();
        await LookAsync();
        Assert.Equal(before, await RevisionAsync());
        Time.Advance(Hour);
        await LookAsync();
        var after = await RevisionAsync();
        Assert.NotEqual(before, after);
        using var renewed = await AuthorityAsync();
        Assert.Equal((Time.GetUtcNow() + AuthorityRules.Lifetime).UtcDateTime, renewed.NotAfter.ToUniversalTime(), TimeSpan.FromSeconds(1));
        Assert.Contains(_log.Lines, line => line.Id is 2025);
        await LookAsync();
        Assert.Equal(after, await RevisionAsync());
    }

    [Fact]
    public async Task It_is_the_same_authority_in_all_but_its_end()
    {
        var old = _cluster.Trust.Authority;
        await RenewAsync();
        using var renewed = await AuthorityAsync();
        Assert.Equal(old.PublicKey.ExportSubjectPublicKeyInfo(), renewed.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(old.SubjectName.RawData, renewed.SubjectName.RawData);
        Assert.Equal(old.NotBefore, renewed.NotBefore);
        Assert.NotEqual(old.SerialNumber, renewed.SerialNumber);
        Assert.Equal(old.Extensions.Select(extension => (extension.Oid!.Value, extension.Critical, Convert.ToHexString(extension.RawData))), renewed.Extensions.Select(extension => (extension.Oid!.Value, extension.Critical, Convert.ToHexString(extension.RawData))));
        Assert.Empty((await _cluster.Vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
    }

    [Fact]
    public async Task Who_has_the_old_certificate_and_who_has_the_new_one_believe_each_other_until_the_old_one_ends()
    {
        var old = _cluster.Trust;
        Time.Advance(UntilDue - Hour);
        using var earlyKey = NodeKeyPair.Create();
        using var early = await _cluster.JoinAsync(2, key: earlyKey);
        await RenewAsync(Hour);
        using var lateKey = NodeKeyPair.Create();
        using var late = await _cluster.JoinAsync(3, key: lateKey);
        var renewed = TestCluster.TrustIn(late.Authority);
        Assert.NotEqual(old.Authority.RawData, renewed.Authority.RawData);
        using var earlyShown = earlyKey.Certify(early.Certificate);
        using var lateShown = lateKey.Certify(late.Certificate);

        foreach (var trust in (ClusterTrust[])[old, renewed])
        {
            foreach (var use in (PeerUse[])[PeerUse.Server, PeerUse.Client])
            {
                Assert.Null(trust.FindFault(earlyShown, use, Time.GetUtcNow()));
                Assert.Null(trust.FindFault(lateShown, use, Time.GetUtcNow()));
            }
        }
        Assert.True(await Handshake.TryAsync(lateShown, renewed.ForClients(Time.GetUtcNow), earlyShown, old.ForServers(Time.GetUtcNow, late.Node.Id)));
        Assert.True(await Handshake.TryAsync(earlyShown, old.ForClients(Time.GetUtcNow), lateShown, renewed.ForServers(Time.GetUtcNow, early.Node.Id)));

        Time.Advance(AuthorityRules.RenewedBefore - TimeSpan.FromDays(1));
        using var last = (await _cluster.Members.RenewAsync(late.Node.Id, lateKey.Request(), "0.1.0", default)).Answer;
        using var lastShown = TestCluster.Certificate(last);
        // It is not cut short by the end of the old one.
        Assert.True(lastShown.NotAfter > old.Authority.NotAfter + TimeSpan.FromDays(80));
        Assert.Null(old.FindFault(lastShown, PeerUse.Server, Time.GetUtcNow()));
        Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("it is not valid at this time", old.FindFault(lastShown, PeerUse.Server, Time.GetUtcNow()));
        Assert.Null(renewed.FindFault(lastShown, PeerUse.Server, Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_join_token_of_before_leads_to_it_and_it_alone()
    {
        Time.Advance(UntilDue - Hour);
        var text = await _cluster.CreateTokenAsync(lasts: TimeSpan.FromDays(1));
        await RenewAsync(Hour);
        Assert.True(JoinToken.TryParse(text, out var token));
        var state = await _cluster.Vault.StateAsync();
        Assert.True(ClusterTrust.TryParse(PemEncoding.WriteString("CERTIFICATE", state.Authority!.Certificate), token.Pin, out _));
        using var key = NodeKeyPair.Create();
        using var joined = (await _cluster.Members.JoinAsync(new(text, TestCluster.Place(2), key.Request()), default)).Answer;
        Assert.Equal(token.Pin, TestCluster.TrustIn(joined.Authority).Pin);
    }

    [Fact]
    public async Task The_list_of_removed_nodes_certificates_lasts_as_long_and_loses_nobody()
    {
        Time.Advance(UntilDue - Hour);
        using var gone = await _cluster.JoinAsync(2);
        await _cluster.Members.RemoveAsync(TestVault.Operator, gone.Node.Id, new("r"), default);
        var before = (await _cluster.Vault.StateAsync()).Revocations!;
        await RenewAsync(Hour);
        var after = (await _cluster.Vault.StateAsync()).Revocations!;
        Assert.Equal(before.Number + 1, after.Number);
        Assert.Equal(before.Certificates, after.Certificates);
        using var certificate = TestCluster.Certificate(gone);
        Assert.True(CertificateRevocationListBuilder.Load(after.List, out _).RemoveEntry(Convert.FromHexString(certificate.SerialNumber)));
    }

    [Fact]
    public async Task A_sealed_vault_renews_nothing_and_a_server_alone_has_nothing_to_renew()
    {
        Time.Advance(UntilDue);
        await using var locked = await TestVault.OpenAsync(new(Sealing.KeyText(2), null), _cluster.Vault.Store, Time);
        var before = await RevisionAsync();
        await new AuthorityRenewal(locked.State, leadership: null, locked.Ring, Time, _log).LookAsync(default);
        await using var alone = await TestVault.OpenAsync();
        await new AuthorityRenewal(alone.State, leadership: null, alone.Ring, alone.Time, _log).LookAsync(default);
        Assert.Null((await alone.StateAsync()).Authority);
        Assert.Equal(before, await RevisionAsync());
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Two_that_find_it_due_at_once_renew_it_once()
    {
        Time.Advance(UntilDue);
        var number = (await _cluster.Vault.StateAsync()).Revocations!.Number;
        await Task.WhenAll(LookAsync(), LookAsync(), LookAsync());
        Assert.Equal(number + 1, (await _cluster.Vault.StateAsync()).Revocations!.Number);
    }

    [Fact]
    public async Task A_cluster_whose_authority_has_ended_goes_on_when_it_begins_anew()
    {
        Time.Advance(AuthorityRules.Lifetime + TimeSpan.FromDays(365));
        Assert.Equal(MillError.RecordRejected, (await Assert.ThrowsAsync<MillException>(() => _cluster.Members.RenewAsync(_cluster.First.Node.Id, _cluster.FirstKey.Request(), "0.1.0", default))).Error);
        using var anew = (await _cluster.Members.RefoundAsync(_cluster.First.Node.Id, TestCluster.FirstPlace, _cluster.FirstKey.Request(), default)).Answer;
        var trust = TestCluster.TrustIn(anew.Authority, _cluster.Trust.Pin);
        using var certificate = TestCluster.Certificate(anew);
        Assert.Null(trust.FindFault(certificate, PeerUse.Server, Time.GetUtcNow()));
        using var stored = await AuthorityAsync();
        Assert.Equal(trust.Authority.RawData, stored.RawData);
    }

    [Fact]
    public async Task It_is_looked_at_while_the_vault_runs()
    {
        Time.Advance(UntilDue);
        using var stop = new CancellationTokenSource();
        var running = _cluster.Vault.Host.RunAsync(stop.Token);
        var number = (await _cluster.Vault.StateAsync()).Revocations!.Number;
        Time.Advance(TimeSpan.FromMinutes(1));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await _cluster.Vault.StateAsync()).Revocations!.Number == number)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        using var renewed = await AuthorityAsync();
        Assert.True(renewed.NotAfter.ToUniversalTime() > Time.GetUtcNow().UtcDateTime + UntilDue);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private Task LookAsync() => new AuthorityRenewal(_cluster.Vault.State, leadership: null, _cluster.Vault.Ring, Time, _log).LookAsync(default);

    private Task RenewAsync(TimeSpan? after = null)
    {
        Time.Advance(after ?? UntilDue);
        return LookAsync();
    }

    private ValueTask<long> RevisionAsync() => _cluster.Vault.Store.GetRevisionAsync(default);

    private async Task<X509Certificate2> AuthorityAsync() => X509CertificateLoader.LoadCertificate((await _cluster.Vault.StateAsync()).Authority!.Certificate);
}
