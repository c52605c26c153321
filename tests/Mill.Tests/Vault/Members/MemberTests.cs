using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>Join tokens, renewal, removal, and who may ask for them.</summary>
public sealed class MemberTests
{
    [Fact]
    public async Task A_join_token_is_shown_once_and_pins_the_authority()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var created = (await cluster.Members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Vault, HandsOverKey: false), new("r"), default)).Answer;
        Assert.True(JoinToken.TryParse(created.Token, out var token));
        Assert.Equal((created.Record.Id, cluster.Trust.Pin), (token.Id, token.Pin));
        Assert.Equal((NodeRole.Vault, false, "tester"), (created.Record.Role, created.Record.HandsOverKey, created.Record.CreatedBy));
        Assert.Equal(created.Record.CreatedAt + TimeSpan.FromHours(1), created.Record.ExpiresAt);
        Assert.Equal(token.HashSecret(), created.Record.SecretHash);
        var stored = await cluster.Vault.Store.FindAsync(new JoinTokenKey(token.Id).ToString(), default);
        Assert.DoesNotContain(token.Secret, System.Text.Encoding.UTF8.GetString(stored!.Value.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_shows_the_same_join_token_and_the_store_never_does()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var first = await cluster.Members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r", "key"), default);
        var again = await cluster.Members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r", "key"), default);
        Assert.Equal((first.Answer.Token, true), (again.Answer.Token, again.Replayed));
        Assert.Single((await cluster.Vault.StateAsync()).JoinTokens);
        var different = new CreateJoinToken(NodeRole.Both, HandsOverKey: false);
        await cluster.RequireRefusedAsync(MillError.IdempotencyMismatch, () => cluster.Members.CreateJoinTokenAsync(TestVault.Operator, different, new("r", "key"), default));
        var stored = await cluster.Vault.Store.ReadAsync("", default);
        Assert.All(stored.Entries, entry => Assert.DoesNotContain(first.Answer.Token.Split('_')[3], System.Text.Encoding.UTF8.GetString(entry.Value.Span), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((7 * 24 * 3600) + 1)]
    public async Task A_join_token_lasts_a_week_at_most(int seconds)
    {
        await using var cluster = await TestCluster.FoundAsync();
        await cluster.RequireRefusedAsync(MillError.InvalidRequest, () => cluster.CreateTokenAsync(lasts: TimeSpan.FromSeconds(seconds)));
        await cluster.RequireRefusedAsync(MillError.InvalidRequest, () => cluster.CreateTokenAsync((NodeRole)9));
        await cluster.CreateTokenAsync(lasts: TimeSpan.FromDays(7));
    }

    [Theory]
    [InlineData(Role.Reader)]
    [InlineData(Role.Writer)]
    [InlineData(Role.Deployer)]
    public async Task Only_an_operator_makes_join_tokens_and_sees_and_removes_nodes(Role role)
    {
        await using var cluster = await TestCluster.FoundAsync();
        var caller = Samples.Caller(role);
        await cluster.RequireRefusedAsync(MillError.Forbidden, () => cluster.Members.CreateJoinTokenAsync(caller, new(NodeRole.Both), new("r"), default));
        await cluster.RequireRefusedAsync(MillError.Forbidden, () => cluster.Members.RevokeJoinTokenAsync(caller, "x", new("r"), default));
        await cluster.RequireRefusedAsync(MillError.Forbidden, () => cluster.Members.RemoveAsync(caller, cluster.First.Node.Id, new("r"), default));
        await cluster.RequireRefusedAsync(MillError.Forbidden, () => cluster.Members.ListAsync(caller, default).AsTask());
    }

    [Fact]
    public async Task An_operator_sees_all_nodes_and_join_tokens()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var second = await cluster.JoinAsync(2, NodeRole.Api);
        await cluster.CreateTokenAsync();
        var list = (await cluster.Members.ListAsync(TestVault.Operator, default)).Answer;
        Assert.Equal(new[] { cluster.First.Node, second.Node }.OrderBy(node => node.Id), list.Nodes);
        Assert.Equal([second.Node.Id, null], list.JoinTokens.Select(token => token.UsedBy));
    }

    [Fact]
    public async Task A_renewal_gives_the_same_node_a_certificate_that_lasts_longer()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var key = NodeKeyPair.Create();
        using var joined = await cluster.JoinAsync(2, NodeRole.Api, key);
        cluster.Vault.Time.Advance(TimeSpan.FromDays(60));
        using var renewed = (await cluster.Members.RenewAsync(joined.Node.Id, key.Request(), "0.3.0", default)).Answer;
        var (serial, notAfter) = (renewed.Node.CertificateSerial, renewed.Node.CertificateNotAfter);
        Assert.Equal(joined.Node with { Version = "0.3.0", CertificateSerial = serial, CertificateNotAfter = notAfter }, renewed.Node with { EarlierCertificates = null });
        Assert.Equal([new(joined.Node.CertificateSerial, joined.Node.CertificateNotAfter)], renewed.Node.EarlierCertificates);
        Assert.Equal(TestCluster.Certificate(renewed).SerialNumber, serial, ignoreCase: true);
        Assert.Equal(TestCluster.Certificate(renewed).NotAfter.ToUniversalTime(), notAfter.ToDateTimeOffset().UtcDateTime);
        Assert.Equal(renewed.Node, (await cluster.Vault.StateAsync()).Nodes[joined.Node.Id]);
        Assert.Null(renewed.MasterKey);
        cluster.Vault.Time.Advance(TimeSpan.FromDays(60));
        Assert.NotNull(cluster.Trust.FindFault(TestCluster.Certificate(joined), PeerUse.Client, cluster.Now));
        Assert.Null(cluster.Trust.FindFault(TestCluster.Certificate(renewed), PeerUse.Client, cluster.Now));
    }

    [Fact]
    public async Task A_node_that_is_not_there_gets_no_certificate()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var key = NodeKeyPair.Create();
        await cluster.RequireRefusedAsync(MillError.NotFound, () => cluster.Members.RenewAsync(Samples.NodeId(1), key.Request(), "0.1.0", default));
        await cluster.RequireRefusedAsync(MillError.InvalidRequest, () => cluster.Members.RenewAsync(cluster.First.Node.Id, "", "0.1.0", default));
        await cluster.RequireRefusedAsync(MillError.InvalidRequest, () => cluster.Members.RenewAsync(cluster.First.Node.Id, key.Request(), "", default));
    }

    [Fact]
    public async Task A_removed_nodes_certificate_is_worth_nothing_though_it_goes_on_being_a_sound_one()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var joined = await cluster.JoinAsync(2);
        var certificate = TestCluster.Certificate(joined);
        Assert.True(NodeIdentity.TryParse(certificate, out var identity));
        var removed = await cluster.Members.RemoveAsync(TestVault.Operator, joined.Node.Id, new("r", "key"), default);
        Assert.Equal(joined.Node, removed.Answer);
        Assert.Null(cluster.Trust.FindFault(certificate, PeerUse.Client, cluster.Now));
        Assert.False(NodeRules.MayTalk(await cluster.Vault.StateAsync(), identity));
        var again = await cluster.Members.RemoveAsync(TestVault.Operator, joined.Node.Id, new("r", "key"), default);
        Assert.Equal((joined.Node, true), (again.Answer, again.Replayed));
        await cluster.RequireRefusedAsync(MillError.NotFound, () => cluster.Members.RemoveAsync(TestVault.Operator, joined.Node.Id, new("r"), default));
    }

    [Fact]
    public async Task The_last_node_that_holds_the_state_stays()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var api = await cluster.JoinAsync(2, NodeRole.Api);
        await cluster.RequireRefusedAsync(MillError.PreconditionFailed, () => cluster.Members.RemoveAsync(TestVault.Operator, cluster.First.Node.Id, new("r"), default));
        using var vault = await cluster.JoinAsync(3, NodeRole.Vault);
        await cluster.Members.RemoveAsync(TestVault.Operator, cluster.First.Node.Id, new("r"), default);
        await cluster.Members.RemoveAsync(TestVault.Operator, api.Node.Id, new("r"), default);
        Assert.Equal(vault.Node, Assert.Single((await cluster.Vault.StateAsync()).Nodes.Values));
    }

    [Fact]
    public async Task What_the_engine_calls_a_node_is_noted_once()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var id = cluster.First.Node.Id;
        await cluster.Members.SetMemberIdAsync(id, "8e9e05c52164694d", default);
        Assert.Equal("8e9e05c52164694d", (await cluster.Vault.StateAsync()).Nodes[id].MemberId);
        var before = await cluster.Vault.Store.GetRevisionAsync(default);
        await cluster.Members.SetMemberIdAsync(id, "8e9e05c52164694d", default);
        Assert.Equal(before, await cluster.Vault.Store.GetRevisionAsync(default));
        foreach (var bad in new[] { "", "8E", "0x1", "8e9e05c52164694d0" }) await cluster.RequireRefusedAsync(MillError.InvalidRequest, () => cluster.Members.SetMemberIdAsync(id, bad, default));
        await cluster.RequireRefusedAsync(MillError.NotFound, () => cluster.Members.SetMemberIdAsync(Samples.NodeId(1), "ff", default));
        await cluster.Members.SetMemberIdAsync(id, null, default);
        Assert.Null((await cluster.Vault.StateAsync()).Nodes[id].MemberId);
    }
}
