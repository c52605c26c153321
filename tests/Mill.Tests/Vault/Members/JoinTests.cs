using System.Security.Cryptography.X509Certificates;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

public sealed class JoinTests
{
    [Fact]
    public async Task Founding_gives_an_authority_and_the_first_node()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var state = await cluster.Vault.StateAsync();
        var node = Assert.Single(state.Nodes.Values);
        Assert.Equal((node, state.Cluster!.Id, state.Cluster.KeyId), (cluster.First.Node, cluster.First.ClusterId, cluster.First.NeededKeyId));
        Assert.Equal(TestCluster.FirstPlace, new(node.Name, node.Address, node.ApiPort, node.PeerPort, node.Role, node.Version));
        Assert.Equal([node], cluster.First.Members);
        Assert.Equal(state.Authority!.Certificate, X509Certificate2.CreateFromPem(cluster.First.Authority).RawData);
        Assert.Null(cluster.First.MasterKey);
    }

    [Fact]
    public async Task A_cluster_is_founded_once()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var key = NodeKeyPair.Create();
        await cluster.RequireRefusedAsync(MillError.AlreadyExists, () => cluster.Members.FoundAsync(TestCluster.Place(2), key.Request(), default));
    }

    [Fact]
    public async Task The_first_node_holds_the_state()
    {
        await using var vault = await TestVault.OpenAsync();
        using var key = NodeKeyPair.Create();
        var before = await vault.Store.GetRevisionAsync(default);
        var refused = await Assert.ThrowsAsync<MillException>(() => vault.Host.Members.FoundAsync(TestCluster.Place(1, NodeRole.Api), key.Request(), default));
        Assert.Equal(MillError.InvalidRequest, refused.Error);
        Assert.Equal(before, await vault.Store.GetRevisionAsync(default));
    }

    [Fact]
    public async Task A_cluster_that_was_not_founded_gives_no_join_tokens()
    {
        await using var vault = await TestVault.OpenAsync();
        var refused = await Assert.ThrowsAsync<MillException>(() => vault.Host.Members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r"), default));
        Assert.Equal(MillError.PreconditionFailed, refused.Error);
    }

    [Fact]
    public async Task A_join_uses_the_token_up_and_adds_the_node_in_one_commit()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync();
        using var key = NodeKeyPair.Create();
        var before = await cluster.Vault.Store.GetRevisionAsync(default);
        var joined = await cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request(), cluster.First.ClusterId, cluster.First.NeededKeyId), default);
        Assert.Equal(before + 1, await cluster.Vault.Store.GetRevisionAsync(default));

        using var answer = joined.Answer;
        var state = await cluster.Vault.StateAsync();
        Assert.Equal(state.Nodes[answer.Node.Id], answer.Node);
        Assert.Equal(state.Nodes.Values, answer.Members);
        Assert.Equal(2, answer.Members.Count);
        Assert.Equal((state.Cluster!.Id, state.Cluster.KeyId, cluster.First.Authority), (answer.ClusterId, answer.NeededKeyId, answer.Authority));
        var used = Assert.Single(state.JoinTokens.Values);
        Assert.Equal((answer.Node.Id, answer.Node.JoinedAt), (used.UsedBy, used.UsedAt));
        Assert.True(NodeIdentity.TryParse(TestCluster.Certificate(answer), out var identity));
        Assert.True(NodeRules.MayTalk(state, identity));
    }

    [Fact]
    public async Task A_join_whose_answer_was_lost_is_repeated_by_the_same_node()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync();
        using var key = NodeKeyPair.Create();
        using var first = (await cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default)).Answer;
        await cluster.Members.SetMemberIdAsync(first.Node.Id, "ff", default);
        cluster.Vault.Time.Advance(TimeSpan.FromMinutes(59));
        using var again = (await cluster.Members.JoinAsync(new(token, TestCluster.Place(2) with { Version = "0.2.0" }, key.Request()), default)).Answer;
        Assert.Equal((first.Node.Id, first.Node.JoinedAt, "ff", "0.2.0"), (again.Node.Id, again.Node.JoinedAt, again.Node.MemberId, again.Node.Version));
        Assert.NotEqual(first.Node.CertificateSerial, again.Node.CertificateSerial);
        Assert.Equal(2, (await cluster.Vault.StateAsync()).Nodes.Count);
        Assert.Null(cluster.Trust.FindFault(TestCluster.Certificate(again), PeerUse.Client, cluster.Now));

        using var other = NodeKeyPair.Create();
        var refused = await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => cluster.Members.JoinAsync(new(token, TestCluster.Place(3), other.Request()), default));
        Assert.Contains("used already", refused.Message, StringComparison.Ordinal);
        cluster.Vault.Time.Advance(TimeSpan.FromMinutes(2));
        var late = await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default));
        Assert.Contains("expired", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_node_does_not_come_back_with_its_old_token()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync();
        using var key = NodeKeyPair.Create();
        using var joined = (await cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default)).Answer;
        await cluster.Members.RemoveAsync(TestVault.Operator, joined.Node.Id, new("r"), default);
        var refused = await cluster.RequireRefusedAsync(MillError.Unauthenticated, () => cluster.Members.JoinAsync(new(token, TestCluster.Place(2), key.Request()), default));
        Assert.Contains("removed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_removed_takes_what_it_had_for_containers_with_it()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using var joined = await cluster.JoinAsync(2);
        var node = new NodeStateRecord { Node = joined.Node.Id, Cpu = 4, Memory = 8L << 30, Labels = new Dictionary<string, string>(), Since = new(1) };
        var container = MillFile.Read(new("app.mill", "task \"job\" { image = \"job\" }")).Tasks[0].Container;
        var alloc = new AllocRecord { Id = "job-1", Name = "job", Kind = AllocKind.Task, Tenant = TenantId.Default, Node = node.Node, Version = 0, Container = container, CreatedAt = new(1), Status = AllocStatus.Running };
        await cluster.Vault.State.CommitAsync(new PutCommand(new(new NodeStateKey(node.Node), node), new(new AllocKey(alloc.Id), alloc)), default);
        await cluster.RequireRefusedAsync(MillError.PreconditionFailed, () => cluster.Members.RemoveAsync(TestVault.Operator, node.Node, new("r"), default));
        await cluster.Vault.State.CommitAsync(new PutCommand(new StateChange(new AllocKey(alloc.Id), alloc with { Status = AllocStatus.Stopped })), default);
        await cluster.Members.RemoveAsync(TestVault.Operator, node.Node, new("r"), default);

        Assert.Empty((await cluster.Vault.State.ReadAsync(default(CancellationToken))).Fleet.Nodes);
    }

    private sealed class PutCommand(params StateChange[] changes) : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now) => new(new(), changes);
    }

    [Fact]
    public async Task Of_two_nodes_that_come_with_one_token_at_once_one_is_let_in()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync();
        var outcomes = await JoinAtOnceAsync(cluster, token, token);

        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(MillError.Unauthenticated, Assert.IsType<MillException>(outcomes.Single(outcome => outcome is not null)).Error);
        Assert.Equal(2, (await cluster.Vault.StateAsync()).Nodes.Count);
    }

    [Fact]
    public async Task Of_two_nodes_that_come_at_once_each_with_its_own_token_both_are_let_in()
    {
        await using var cluster = await TestCluster.FoundAsync();
        string[] tokens = [await cluster.CreateTokenAsync(), await cluster.CreateTokenAsync()];

        Assert.All(await JoinAtOnceAsync(cluster, tokens), Assert.Null);
        var state = await cluster.Vault.StateAsync();
        Assert.Equal(["n1", "n2", "n3"], state.Nodes.Values.Select(node => node.Name).Order());
        Assert.Equal(state.Nodes.Values.Where(node => node.Name is not "n1").Select(node => node.Id).Order(), state.JoinTokens.Values.Select(token => token.UsedBy!.Value).Order());
    }

    /// <summary>Nodes 2, 3 and so on, each with its token. All are judged good before any is decided: they wait behind a slow commit.</summary>
    private static async Task<IReadOnlyList<Exception?>> JoinAtOnceAsync(TestCluster cluster, params string[] tokens)
    {
        using var arrived = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        cluster.Vault.Store.Fault = _ =>
        {
            arrived.Release();
            gate.Wait();
            return null;
        };
        var slow = cluster.Vault.SetAsync("a", "1");
        await arrived.WaitAsync();
        var keys = tokens.Select(_ => NodeKeyPair.Create()).ToList();
        var joins = tokens.Select((token, index) => cluster.Members.JoinAsync(new(token, TestCluster.Place(index + 2), keys[index].Request()), default)).ToList();
        gate.Set();
        await slow;
        var outcomes = new List<Exception?>();
        foreach (var join in joins)
        {
            outcomes.Add(await Record.ExceptionAsync(() => join));
            if (join.IsCompletedSuccessfully) (await join).Answer.Dispose();
        }
        foreach (var key in keys) key.Dispose();
        return outcomes;
    }

    [Theory]
    [InlineData(NodeRole.Vault, NodeRole.Vault, true)]
    [InlineData(NodeRole.Both, NodeRole.Vault, true)]
    [InlineData(NodeRole.Both, NodeRole.Api, true)]
    [InlineData(NodeRole.Api, NodeRole.Api, true)]
    [InlineData(NodeRole.Api, NodeRole.Vault, false)]
    [InlineData(NodeRole.Api, NodeRole.Both, false)]
    [InlineData(NodeRole.Vault, NodeRole.Both, false)]
    public async Task A_node_becomes_what_its_token_allows(NodeRole allowed, NodeRole wanted, bool isLetIn)
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync(allowed);
        using var key = NodeKeyPair.Create();
        Func<Task<Committed<Membership>>> join = () => cluster.Members.JoinAsync(new(token, TestCluster.Place(2, wanted), key.Request()), default);
        if (!isLetIn)
        {
            await cluster.RequireRefusedAsync(MillError.Forbidden, join);
            return;
        }
        using var joined = (await join()).Answer;
        Assert.True(NodeIdentity.TryParse(TestCluster.Certificate(joined), out var identity));
        Assert.Equal((wanted, wanted), (joined.Node.Role, identity.Role));
    }
}
