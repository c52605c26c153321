using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Mill.Core.Members;
using Mill.Tests.Server.Fixture;
using Mill.Tests.Server.Nodes.Fixture;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>Nodes come, are shown, lead and go.</summary>
public sealed class NodeTests
{
    [Fact]
    public async Task A_node_joins_by_way_of_any_other_and_is_given_the_key()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var made = (await cluster[2].Operator.SendAsync("POST", "/v1/join-tokens", new { role = "vault", expires_in = "2h" })).Is(201);
        Assert.Equal("id token role hands_over_key created_at created_by expires_at", made.Members);
        using var key = NodeKeyPair.Create();
        var joined = (await cluster[2].As(null).SendAsync("POST", "/v1/nodes/join", Join(made, key))).Is(200);

        Assert.Equal("node_id cluster_id certificate authority needed_key_id master_key members", joined.Members);
        Assert.Equal(cluster.MasterKey, joined.Json.GetProperty("master_key").GetBytesFromBase64());
        Assert.Equal((3, cluster.Authority), (joined.Json.GetProperty("members").GetArrayLength(), joined.Json.GetProperty("authority").GetString()));
        Assert.NotNull(joined.Header("Mill-Revision"));
        using var certificate = X509Certificate2.CreateFromPem(joined.Json.GetProperty("certificate").GetString());
        Assert.True(NodeIdentity.TryParse(certificate, out var identity) && NodeRules.MayTalk(cluster.Now(), identity));
        foreach (var logs in new[] { cluster[1].Logs, cluster[2].Logs })
        {
            foreach (var secret in new[] { Convert.ToBase64String(cluster.MasterKey), made.Json.GetProperty("token").GetString()! }) Assert.DoesNotContain(secret, logs.All, StringComparison.Ordinal);
        }

        var listed = Assert.Single((await cluster[2].Operator.GetAsync("/v1/join-tokens")).Is(200).Json.GetProperty("join_tokens").EnumerateArray(), token => token.GetProperty("id").GetString() == made.Json.GetProperty("id").GetString());
        Assert.Equal(joined.Json.GetProperty("node_id").GetString(), listed.GetProperty("used_by").GetString());
        Assert.False(listed.TryGetProperty("token", out _));
    }

    [Fact]
    public async Task Who_has_no_good_token_is_not_let_in()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var made = (await cluster[1].Operator.SendAsync("POST", "/v1/join-tokens", "{}")).Is(201);
        using var key = NodeKeyPair.Create();
        (await cluster[2].As(null).SendAsync("POST", "/v1/nodes/join", new { token = "mill_join_x" })).IsProblem(400, "invalid_request");
        (await cluster[2].As(null).SendAsync("POST", "/v1/nodes/join", new { token = "nothing", name = "n9", address = "10.0.0.9", api_port = 1, peer_port = 2, role = "both", version = "1", certificate_request = "" })).IsProblem(401, "unauthenticated");
        (await cluster[2].As(null).SendAsync("POST", "/v1/nodes/join", new string(' ', 20_000), ("Expect", "100-continue"))).IsProblem(413, "too_large");
        (await cluster[1].As(null).SendAsync("POST", "/v1/nodes/join", Join(made, key) with { role = "king" })).IsProblem(400, "invalid_request");
        (await cluster[1].Operator.SendAsync("DELETE", $"/v1/join-tokens/{made.Json.GetProperty("id").GetString()}")).Is(204);
        (await cluster[1].As(null).SendAsync("POST", "/v1/nodes/join", Join(made, key))).IsProblem(401, "unauthenticated");
        Assert.Equal(2, cluster.Now().Nodes.Count);
    }

    [Theory]
    [InlineData("""{"role":"king"}""")]
    [InlineData("""{"expires_in":"8d"}""")]
    [InlineData("""{"expires_in":"soon"}""")]
    [InlineData("""{"roles":"both"}""")]
    public async Task A_join_token_that_cannot_be_meant_is_not_made(string body)
    {
        await using var cluster = await TestNodes.StartAsync(1);
        (await cluster[1].Operator.SendAsync("POST", "/v1/join-tokens", body)).IsProblem(400, "invalid_request");
        (await cluster[1].Operator.SendAsync("DELETE", "/v1/join-tokens/short")).IsProblem(400, "invalid_request");
        (await cluster[1].Operator.SendAsync("DELETE", "/v1/join-tokens/abcdefghijkl")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Nodes_are_for_operators()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var token = (await cluster[1].Operator.SendAsync("POST", "/v1/tokens", new { subject = "w", role = "writer" })).Is(201).Json.GetProperty("token").GetString();
        foreach (var (method, path) in new[] { ("GET", "/v1/nodes"), ("DELETE", "/v1/nodes/n1"), ("GET", "/v1/join-tokens"), ("POST", "/v1/join-tokens"), ("DELETE", "/v1/join-tokens/abcdefghijkl"), ("POST", "/v1/leader/transfer") })
        {
            (await cluster[1].As(token).SendAsync(method, path)).IsProblem(403, "forbidden");
            (await cluster[1].As(null).SendAsync(method, path)).IsProblem(401, "unauthenticated");
        }
        (await cluster[1].As(token).GetAsync("/v1/status")).Is(200);
    }

    [Fact]
    public async Task All_nodes_are_shown_as_they_see_themselves()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        await cluster[3].App.StopAsync();
        var nodes = (await cluster[2].Operator.GetAsync("/v1/nodes")).Is(200).Json.GetProperty("nodes").EnumerateArray().ToList();

        Assert.Equal(["n1 both healthy True", "n2 both healthy False", "n3 both unreachable False", "n4 api healthy False"], nodes.Select(Shown));
        Assert.Equal([cluster[1].Id.Value, cluster[2].Id.Value, cluster[3].Id.Value, front.Id.Value], nodes.Select(node => node.GetProperty("id").GetString()));
        Assert.Equal(cluster[1].Address.GetLeftPart(UriPartial.Authority), nodes[0].GetProperty("address").GetString());
        Assert.Equal((0, 0), (nodes[0].GetProperty("lag").GetInt64(), nodes[1].GetProperty("lag").GetInt64()));
        Assert.Equal("9.9", nodes[0].GetProperty("engine").GetProperty("version").GetString());
        Assert.Contains("cannot be reached", nodes[2].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.False(nodes[2].TryGetProperty("lag", out _));

        var status = (await cluster[2].Operator.GetAsync("/v1/status")).Is(200).Json;
        Assert.Equal(("n2", "n1", 4), (status.GetProperty("node").GetString(), status.GetProperty("leader").GetString(), status.GetProperty("members").GetArrayLength()));
        cluster.Lead(null);
        Assert.Equal("", (await cluster[2].Operator.GetAsync("/v1/status")).Is(200).Json.GetProperty("leader").GetString());

        static string Shown(JsonElement node) => $"{node.GetProperty("name").GetString()} {node.GetProperty("role").GetString()} {node.GetProperty("state").GetString()} {node.GetProperty("leader").GetBoolean()}";
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_waited_for_for_a_second()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        using var never = new CancellationTokenSource();
        await cluster.AddAsync(async http => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var start = cluster.Time.GetUtcNow();
        var nodes = (await cluster.WhileTimePassesAsync(cluster[1].Operator.GetAsync("/v1/nodes"))).Is(200).Json.GetProperty("nodes");
        Assert.Equal("unreachable", nodes[1].GetProperty("state").GetString());
        Assert.InRange(cluster.Time.GetUtcNow() - start, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_node_is_removed_by_name_or_id_with_its_member_of_the_engine()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        foreach (var node in new[] { cluster[2], cluster[3] }) await cluster[1].Engine.AdmitAsync(node.Record, default);
        (await cluster[2].Operator.SendAsync("DELETE", "/v1/nodes/N3")).Is(204);
        Assert.Equal([cluster[2].Id], cluster[1].Engine.Members);
        Assert.False(cluster.Now().Nodes.ContainsKey(cluster[3].Id));
        (await cluster[1].Operator.SendAsync("DELETE", "/v1/nodes/n3")).IsProblem(404, "not_found");
        foreach (var replayed in new[] { null, "true" })
            Assert.Equal(replayed, (await cluster[1].Operator.SendAsync("DELETE", $"/v1/nodes/{cluster[2].Id}", null, ("Idempotency-Key", "k"))).Is(204).Header("Mill-Replayed"));
        Assert.Empty(cluster[1].Engine.Members);
        var last = (await cluster[1].Operator.SendAsync("DELETE", "/v1/nodes/n1")).IsProblem(412, "precondition_failed");
        Assert.Contains("last one", last.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_leader_that_is_to_be_removed_hands_over_first(int asked)
    {
        await using var cluster = await TestNodes.StartAsync(2);
        (await cluster[asked].Operator.SendAsync("DELETE", "/v1/nodes/n1")).Is(204);
        Assert.Equal((0, 1), (cluster[1].State.Commits, cluster[2].State.Commits));
        Assert.Equal([cluster[2].Id], cluster.Now().Nodes.Keys);
    }

    [Fact]
    public async Task The_office_is_handed_over_when_an_operator_says_so()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        Assert.Equal(Leader(cluster[3]), (await cluster[2].Operator.SendAsync("POST", "/v1/leader/transfer", new { node = "n3" })).Is(200).Text);
        Assert.Equal(Leader(cluster[3]), (await cluster[2].Operator.SendAsync("POST", "/v1/leader/transfer", new { node = cluster[3].Id.Value })).Is(200).Text);
        Assert.True(cluster[3].Office.IsLeader);
        (await cluster[2].Operator.SendAsync("POST", "/v1/leader/transfer", "{}")).Is(200);
        Assert.False(cluster[3].Office.IsLeader);
        (await cluster[2].Operator.SendAsync("POST", "/v1/leader/transfer", new { node = "n9" })).IsProblem(404, "not_found");
        await cluster.AddFrontAsync(cluster[1]);
        (await cluster[2].Operator.SendAsync("POST", "/v1/leader/transfer", new { node = "n4" })).IsProblem(412, "precondition_failed");

        static string Leader(TestNode node) => $$"""{"id":"{{node.Id}}","name":"{{node.Record.Name}}"}""";
    }

    [Fact]
    public async Task The_authority_is_told_to_everybody()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        foreach (var node in new[] { cluster[1], front })
        {
            var answer = (await node.As(null).GetAsync("/ca.crt")).Is(200);
            Assert.True(ClusterTrust.TryParse(answer.Text, cluster.Trust.Pin, out _));
            Assert.Equal("application/x-pem-file", answer.Header("Content-Type"));
        }
    }

    [Fact]
    public async Task A_server_that_is_alone_says_so()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (method, path, body) in new[] { ("POST", "/v1/join-tokens", "{}"), ("GET", "/v1/join-tokens", null), ("DELETE", "/v1/join-tokens/abcdefghijkl", null), ("DELETE", "/v1/nodes/n1", null), ("POST", "/v1/leader/transfer", "{}"), ("POST", "/v1/nodes/join", "{}") })
        {
            var refused = (await server.Operator.SendAsync(method, path, body)).IsProblem(412, "precondition_failed");
            Assert.Contains("mill init", refused.Json.GetProperty("hint").GetString(), StringComparison.Ordinal);
        }
        (await server.As(null).GetAsync("/ca.crt")).IsProblem(404, "not_found");
        (await server.As(null).GetAsync("/peer/members")).IsProblem(404, "not_found");
        var node = Assert.Single((await server.Operator.GetAsync("/v1/nodes")).Is(200).Json.GetProperty("nodes").EnumerateArray());
        Assert.Equal(("n1", "healthy", true, 0L), (node.GetProperty("name").GetString(), node.GetProperty("state").GetString(), node.GetProperty("leader").GetBoolean(), node.GetProperty("lag").GetInt64()));
    }

    private static JoinBody Join(Answer made, NodeKeyPair key) => new(made.Json.GetProperty("token").GetString()!, "n9", "10.0.0.9", 4400, 2380, "vault", "1.2.3", key.Request());

    private sealed record JoinBody(string token, string name, string address, int api_port, int peer_port, string role, string version, string certificate_request);
}
