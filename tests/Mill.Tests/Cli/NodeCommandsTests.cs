using System.Text.Json;
using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What an operator types to look after the nodes of a cluster.</summary>
public sealed class NodeCommandsTests
{
    private const string Made = """{"id":"0123456789ab","token":"mill_join_x","role":"both","hands_over_key":true,"created_at":"2026-01-01T00:00:00Z","created_by":"me","expires_at":"2026-01-01T01:00:00Z"}""";

    [Fact]
    public async Task Nodes_are_tabs_in_a_pipe_and_a_table_on_a_terminal()
    {
        await using var mill = await WithNodesAsync(Node("n1", leader: true), Node("n2"), Node("n3"));
        var pipe = Session.With(mill);
        Assert.Equal(0, await pipe.RunAsync("nodes"));
        Assert.StartsWith("n1\tboth\thealthy\tleader\tfollower\t7\t0\thttps://10.0.0.1:4400\t0.1.0\nn2\tboth\thealthy\t-\t", pipe.Output, StringComparison.Ordinal);
        Assert.Equal("", pipe.Error);
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(0, await screen.RunAsync("nodes"));
        Assert.StartsWith("NAME  ROLE  STATE    LEADER  ENGINE    REVISION  LAG  ADDRESS", screen.Output, StringComparison.Ordinal);
        var json = Session.With(mill);
        Assert.Equal(0, await json.RunAsync("nodes", "--json"));
        Assert.Equal(3, JsonDocument.Parse(json.Output).RootElement.GetProperty("nodes").GetArrayLength());
    }

    [Theory]
    [InlineData(1, "note: 1 vault node survives no loss")]
    [InlineData(2, "note: 2 vault nodes survive no loss")]
    [InlineData(3, "")]
    [InlineData(4, "note: 4 vault nodes survive the loss of 1, as 3 do: add one or remove one\n")]
    [InlineData(5, "")]
    [InlineData(6, "note: 6 vault nodes survive the loss of 2, as 5 do: add one or remove one\n")]
    public async Task A_number_of_nodes_that_is_no_better_than_one_less_is_said_to_be(int count, string said)
    {
        await using var mill = await WithNodesAsync([.. Enumerable.Range(1, count).Select(number => Node($"n{number}")), Node("front", role: "api", engine: null)]);
        var session = Session.With(mill);
        await session.RunAsync("nodes");
        Assert.StartsWith(said, session.Error, StringComparison.Ordinal);
        Assert.Equal(said.Length is 0, session.Error.Length is 0);
    }

    [Fact]
    public async Task Of_nodes_that_are_not_well_it_says_what_to_do()
    {
        await using var mill = await WithNodesAsync(Node("n1", leader: true), Node("n2", state: "unreachable", engine: null), Node("n3", state: "sealed"));
        var session = Session.With(mill);
        await session.RunAsync("nodes");
        Assert.Contains("note: n2 cannot be reached: see to it, or if it is gone for good: mill remove n2\n", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: n3 is sealed", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: 2 of 3 vault nodes answer: without one more of them nothing can be written\n", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1639, false, "note: n1 has used most of its database; restart every node with more, one after the other: mill server --storage-quota SIZE\n")]
    [InlineData(1638, false, "")]
    [InlineData(2048, true, "note: the database is full, and nothing is written. Mill lets go of the past; if that is not enough, restart every node with more: mill server --storage-quota SIZE\n")]
    public async Task A_database_that_fills_up_is_said_to_before_it_is_full(long usedMiB, bool isFull, string said)
    {
        var full = $$"""
            "database_bytes_in_use":{{usedMiB << 20}},"database_quota_bytes":2147483648,"database_full":{{(isFull ? "true" : "false")}},"problems":
            """;
        await using var mill = await WithNodesAsync(Node("n1").Replace("\"problems\":", full, StringComparison.Ordinal), Node("n2"), Node("n3"));
        var session = Session.With(mill);
        await session.RunAsync("nodes");
        Assert.Equal(said, session.Error);
    }

    [Fact]
    public async Task A_node_that_learns_does_not_count_and_a_server_that_is_no_cluster_gets_no_advice()
    {
        await using var learning = await WithNodesAsync(Node("n1"), Node("n2", engine: "learner"));
        var session = Session.With(learning);
        await session.RunAsync("nodes");
        Assert.Equal("note: n2 is still learning the state, and does not count yet\n", session.Error);

        await using var dev = await WithNodesAsync("""{"name":"here","address":"http://127.0.0.1:4400","role":"vault+api","state":"healthy","leader":true,"revision":7,"lag":0,"version":"0.1.0"}""");
        var alone = Session.With(dev);
        Assert.Equal(0, await alone.RunAsync("nodes"));
        Assert.Equal("", alone.Error);
    }

    [Fact]
    public async Task Nodes_of_an_engine_that_somebody_else_runs_are_not_counted()
    {
        await using var mill = await WithNodesAsync(Node("n1", member: "m1"), Node("n2", member: "m1"));
        var session = Session.With(mill);
        await session.RunAsync("nodes");
        Assert.Equal("", session.Error);
    }

    [Fact]
    public async Task Removing_needs_a_yes_from_somebody()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/nodes/n2", "", 204);
        var script = Session.With(mill);
        Assert.Equal(2, await script.RunAsync("remove", "n2"));
        Assert.Contains("--yes", script.Error, StringComparison.Ordinal);
        var no = Session.With(mill);
        (no.IsTerminal, no.Input) = (true, "n\n"u8.ToArray());
        Assert.Equal(130, await no.RunAsync("remove", "n2"));
        Assert.Contains("refused everywhere", no.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);

        var yes = Session.With(mill);
        (yes.IsTerminal, yes.Input) = (true, "y\n"u8.ToArray());
        Assert.Equal(0, await yes.RunAsync("remove", "n2"));
        Assert.Contains("node n2 removed", yes.Error, StringComparison.Ordinal);
        var json = Session.With(mill);
        Assert.Equal(0, await json.RunAsync("remove", "n2", "--yes", "--json"));
        Assert.Equal("""{"node":"n2","removed":true}""" + "\n", json.Output);
        Assert.All(mill.Seen, request => Assert.NotNull(request.Header("Idempotency-Key")));
    }

    [Theory]
    [InlineData(404, "not_found", 3, "hint: See what there is: mill nodes\n")]
    [InlineData(412, "precondition_failed", 6, "hint: Let another vault node join first.\n")]
    public async Task A_node_that_is_not_there_or_cannot_be_spared_is_not_removed(int status, string code, int exitCode, string hint)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("DELETE /v1/nodes/n9", status, code, ""","hint":"Let another vault node join first." """);
        var session = Session.With(mill);
        Assert.Equal(exitCode, await session.RunAsync("remove", "n9", "--yes"));
        Assert.EndsWith(hint, session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_leader_can_be_removed_it_hands_over_first()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/nodes/n1", context => mill.Seen.Count is 1 ? FakeMill.RefuseAsync(context, "no_leader", "0") : FakeMill.WriteAsync(context, 204, "text/plain", ""));
        Assert.Equal(0, await Session.With(mill).RunAsync("remove", "n1", "--yes"));
        Assert.Equal(2, mill.Seen.Count);
    }

    [Fact]
    public async Task A_new_join_token_stands_alone_on_the_output()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/join-tokens", Made, 201);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("join-token", "--role", "vault", "--expires-in", "2h", "--no-key"));
        Assert.Equal("mill_join_x\n", session.Output);
        Assert.DoesNotContain("mill_join_x", session.Error, StringComparison.Ordinal);
        Assert.Contains($"mill join {mill.Address.Authority} --advertise IP\n", session.Error, StringComparison.Ordinal);
        Assert.Equal("""{"role":"vault","expires_in":"2h","hands_over_key":false}""", mill.Seen[0].Body);
        Assert.Equal(0, await Session.With(mill).RunAsync("join-token"));
        Assert.Equal("{}", mill.Seen[1].Body);
    }

    [Fact]
    public async Task Join_tokens_are_listed_and_revoked()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/join-tokens", $$"""{"join_tokens":[{{Made.Replace("\"token\":\"mill_join_x\",", "", StringComparison.Ordinal)}}]}""");
        mill.On("DELETE /v1/join-tokens/0123456789ab", "", 204);
        var list = Session.With(mill);
        Assert.Equal(0, await list.RunAsync("join-token", "list"));
        Assert.Equal("0123456789ab\tboth\tyes\tme\t2026-01-01T01:00:00.000000Z\t-\n", list.Output);
        var revoke = Session.With(mill);
        Assert.Equal(0, await revoke.RunAsync("join-token", "revoke", "0123456789ab"));
        Assert.Equal("join token 0123456789ab revoked\n", revoke.Error);
    }

    [Theory]
    [InlineData("leader transfer", "{}")]
    [InlineData("leader transfer n2", """{"node":"n2"}""")]
    public async Task Another_node_leads_when_it_is_told_to(string line, string body)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/leader/transfer", """{"id":"0123456789abcdef","name":"n2"}""");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync(line.Split(' ')));
        Assert.Equal("node n2 leads\n", session.Error);
        Assert.Equal(body, mill.Seen[0].Body);
    }

    [Theory]
    [InlineData("remove ")]
    [InlineData("leader transfer ")]
    public async Task Names_of_nodes_complete(string line)
    {
        await using var mill = await WithNodesAsync(Node("n1"), Node("n2"));
        var session = Session.With(mill, new ManualTime());
        await session.RunAsync($"[suggest:{line.Length + 5}]", "mill " + line);
        Assert.Contains("n1\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("n2\n", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_join_token_is_nobodys_access()
    {
        await using var mill = await FakeMill.StartAsync();
        var session = new Session { Variables = { ["MILL_ADDRESS"] = mill.Address.ToString(), ["MILL_TOKEN"] = "mill_join_canary" } };
        Assert.Equal(4, await session.RunAsync("nodes"));
        Assert.StartsWith("error: This is a join token", session.Error, StringComparison.Ordinal);
        Assert.Contains("operator.token", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    [Theory]
    [InlineData("no_quorum")]
    [InlineData("no_leader")]
    public async Task Where_no_majority_answers_the_nodes_are_those_that_the_node_itself_knows_and_that_is_said(string code)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("GET /v1/nodes", 503, code);
        mill.On("GET /v1/nodes?consistency=local", $$"""{"nodes":[{{Node("node-1")}}]}""");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("nodes"));
        Assert.StartsWith("node-1\t", session.Output, StringComparison.Ordinal);
        Assert.Contains("note: no majority can be reached", session.Error, StringComparison.Ordinal);
        mill.Fail("GET /v1/nodes", 503, "vault_sealed");
        Assert.Equal(8, await Session.With(mill).RunAsync("nodes"));
    }

    private static async Task<FakeMill> WithNodesAsync(params string[] nodes)
    {
        var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/nodes", $$"""{"nodes":[{{string.Join(',', nodes)}}]}""");
        return mill;
    }

    private static string Node(string name, string role = "both", string state = "healthy", string? engine = "follower", bool leader = false, string? member = null)
    {
        var tail = engine is null ? "" : $$""","revision":7,"lag":0,"engine":{"engine":"etcd","state":"{{engine}}","member_id":"{{member ?? name}}","problems":[]}""";
        return $$"""{"id":"{{name}}","name":"{{name}}","address":"https://10.0.0.{{name[^1]}}:4400","role":"{{role}}","state":"{{state}}","leader":{{(leader ? "true" : "false")}},"version":"0.1.0"{{tail}}}""";
    }
}
