using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.Tests.Core;
using Mill.Tests.Server.Nodes.Fixture;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>What nodes ask of each other is answered to nodes of the cluster, and to nobody else.</summary>
public sealed class PeerTests
{
    [Theory]
    [InlineData("GET", "/peer/confirm")]
    [InlineData("GET", "/peer/status")]
    [InlineData("GET", "/peer/members")]
    [InlineData("POST", "/peer/engine")]
    [InlineData("POST", "/peer/engine/promote")]
    [InlineData("POST", "/peer/renew")]
    public async Task Without_a_certificate_it_is_refused_whatever_token_is_sent(string method, string path)
    {
        await using var cluster = await TestNodes.StartAsync(2);
        foreach (var node in new[] { cluster[1], cluster[2] })
        {
            var refused = (await node.Operator.SendAsync(method, path, null, ("Mill-Forwarded", cluster[1].Id.Value), ("Mill-Node", cluster[1].Id.Value))).IsProblem(403, "forbidden");
            Assert.Contains("without a node's certificate", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_certificate_of_another_cluster_ends_the_handshake()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        await using var other = await TestNodes.StartAsync(1);
        await Assert.ThrowsAsync<HttpRequestException>(() => cluster[1].From(other[1]).GetAsync("/peer/members"));
        await Assert.ThrowsAsync<HttpRequestException>(() => cluster[1].From(other[1]).GetAsync("/healthz"));
        // And the other way round: a node does not believe a server of another cluster.
        var failure = await Assert.ThrowsAsync<MillException>(() => other[1].Calls.GetAsync<Mill.Client.Contracts.MemberPlaces>(cluster[1].Place, PeerPaths.Members, null, default));
        Assert.Equal(MillError.Unreachable, failure.Error);
    }

    [Fact]
    public async Task A_removed_node_is_out_at_once_on_a_connection_that_is_open()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var caller = cluster[1].From(cluster[2]);
        (await caller.GetAsync("/peer/members")).Is(200);
        await cluster.Members.RemoveAsync(Samples.Caller(), cluster[2].Id, new("r"), default);
        var refused = (await caller.GetAsync("/peer/members")).IsProblem(403, "forbidden");
        Assert.Contains($"Node {cluster[2].Id} is not in the cluster: it was removed.", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (await caller.SendAsync("PUT", "/v1/secrets/a", new { value = "1" }, ("Mill-Forwarded", cluster[2].Id.Value))).IsProblem(503, "no_quorum");
    }

    [Fact]
    public async Task A_certificate_ends_on_a_connection_that_is_open()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var caller = cluster[1].From(cluster[2]);
        (await caller.GetAsync("/peer/members")).Is(200);
        cluster.Time.Advance(cluster[2].Record.CertificateNotAfter.ToDateTimeOffset() - cluster.Time.GetUtcNow());
        Assert.Contains("has ended", (await caller.GetAsync("/peer/members")).IsProblem(403, "forbidden").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_passes_on_names_itself()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        var caller = cluster[1].From(cluster[2]);
        var refused = (await caller.SendAsync("PUT", "/v1/secrets/a", new { value = "1" }, ("Mill-Forwarded", cluster[3].Id.Value))).IsProblem(403, "forbidden");
        Assert.Contains("names another node", refused.Text, StringComparison.Ordinal);
        (await caller.SendAsync("PUT", "/v1/secrets/a", new { value = "1" }, ("Mill-Forwarded", cluster[2].Id.Value))).Is(201);
    }

    [Fact]
    public async Task The_leader_confirms_and_the_others_find_it()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        await cluster[1].Operator.PutAsync("a", "1");
        (await cluster[2].From(cluster[1]).GetAsync("/peer/confirm")).IsProblem(503, "no_leader");
        var link = new LeaderLink(cluster[2].Calls, id => cluster.Now().Nodes.GetValueOrDefault(id));
        Assert.Equal(cluster.Now().Revision, await link.ConfirmAsync(cluster[2].Office.Leader!, null, default));
        Assert.Equal(cluster.Now().Revision, await link.ConfirmAsync(cluster[2].Office.Leader!, cluster.Now().CommitTime, default));
        var future = Timestamp.From(cluster.Time.GetUtcNow().AddDays(1));
        Assert.Equal(MillError.InvalidRequest, (await Assert.ThrowsAsync<MillException>(() => link.ConfirmAsync(cluster[2].Office.Leader!, future, default).AsTask())).Error);

        await cluster[1].App.StopAsync();
        var lost = await Assert.ThrowsAsync<MillException>(() => link.ConfirmAsync(cluster[2].Office.Leader!, null, default).AsTask());
        Assert.Equal(MillError.NoLeader, lost.Error);
        var nobody = new LeaderLink(cluster[2].Calls, _ => null);
        Assert.Equal(MillError.NoLeader, (await Assert.ThrowsAsync<MillException>(() => nobody.ConfirmAsync(cluster[2].Office.Leader!, null, default).AsTask())).Error);
    }

    [Fact]
    public async Task A_node_gets_its_place_in_the_engine_by_way_of_any_other()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        var (leader, asked, caller) = (cluster[1], cluster[2], cluster[3]);
        asked.Engine.QuotaBytes = 3L << 30;
        var admission = (await asked.From(caller).SendAsync("POST", "/peer/engine")).Is(200);
        Assert.Equal("member_id initial_cluster revocations storage_quota", admission.Members);
        Assert.Equal(3L << 30, admission.Json.GetProperty("storage_quota").GetInt64());
        Assert.Equal([caller.Id], asked.Engine.Members);
        leader.Engine.IsCaughtUp = false;
        await leader.Engine.AdmitAsync(caller.Record, default);
        Assert.Equal("""{"promoted":false}""", (await asked.From(caller).SendAsync("POST", "/peer/engine/promote")).Is(200).Text);
        Assert.Null(cluster.Now().Nodes[caller.Id].MemberId);
        leader.Engine.IsCaughtUp = true;
        Assert.Equal("""{"promoted":true}""", (await asked.From(caller).SendAsync("POST", "/peer/engine/promote")).Is(200).Text);
        Assert.Equal("100", cluster.Now().Nodes[caller.Id].MemberId);
        var members = (await asked.From(caller).GetAsync("/peer/members")).Is(200).Json.GetProperty("members");
        Assert.Equal(["n1", "n2", "n3"], members.EnumerateArray().Select(member => member.GetProperty("name").GetString()!).Order());
    }

    [Fact]
    public async Task A_certificate_is_renewed_by_way_of_any_other_for_the_node_that_asks()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        using var key = NodeKeyPair.Create();
        var renewed = (await cluster[2].From(cluster[3]).SendAsync("POST", "/peer/renew", new { certificate_request = key.Request(), version = "1.2.4" })).Is(200);
        Assert.Equal(cluster[3].Id, IdentityIn(renewed).Node);
        Assert.Equal("1.2.4", cluster.Now().Nodes[cluster[3].Id].Version);
        Assert.Equal(1, cluster[1].State.Commits);
    }

    [Fact]
    public async Task A_front_asks_for_itself_only_and_has_no_place_in_the_engine()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        using var key = NodeKeyPair.Create();
        var renewed = (await cluster[1].From(front).SendAsync(
            "POST", "/peer/renew", new { certificate_request = key.Request(), version = "1" }, ("Mill-Forwarded", front.Id.Value), ("Mill-Node", cluster[1].Id.Value))).Is(200);
        Assert.Equal((front.Id, NodeRole.Api), (IdentityIn(renewed).Node, IdentityIn(renewed).Role));
        (await cluster[1].From(front).SendAsync("POST", "/peer/engine")).IsProblem(403, "forbidden");
        (await cluster[1].From(front).SendAsync("POST", "/peer/engine/promote")).IsProblem(403, "forbidden");
    }

    private static NodeIdentity IdentityIn(Mill.Tests.Server.Fixture.Answer answer)
    {
        using var certificate = X509Certificate2.CreateFromPem(answer.Json.GetProperty("certificate").GetString());
        return NodeIdentity.TryParse(certificate, out var identity) ? identity : throw new InvalidOperationException("This is no node.");
    }
}
