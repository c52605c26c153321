using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class OperationCommandsTests
{
    private const string Made = """{"id":"t1","token":"mill_t1_x","subject":"ci","tenant":"acme","role":"reader","allow":["a.*"],"deny":[],"created_at":"2026-01-01T00:00:00Z","created_by":"me"}""";

    [Fact]
    public async Task A_new_token_stands_alone_on_the_output()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/tokens", Made, 201);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("token", "create", "--subject", "ci", "--role", "reader", "--tenant", "acme", "--allow", "a.*", "--allow", "b", "--expires-in", "90d"));
        Assert.Equal("mill_t1_x\n", session.Output);
        Assert.DoesNotContain("mill_t1_x", session.Error, StringComparison.Ordinal);
        Assert.Equal("""{"subject":"ci","tenant":"acme","role":"reader","allow":["a.*","b"],"expires_in":"90d"}""", mill.Seen[0].Body);
    }

    [Fact]
    public async Task Tokens_are_listed_and_revoked()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/tokens", $$"""{"tokens":[{{Made}}]}""");
        mill.On("DELETE /v1/tokens/t1", "", 204);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("token", "list"));
        Assert.Equal("t1\tci\tacme\treader\ta.*\t-\tnever\n", session.Output);
        Assert.Equal(0, await Session.With(mill).RunAsync("token", "revoke", "t1"));
    }

    [Fact]
    public async Task A_narrow_screen_never_breaks_ids_and_times()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/tokens", """
            {"tokens":[{"id":"0123456789ab","subject":"continuous-integration-of-the-shop","tenant":"acme","role":"operator","allow":["shop.database.*","shop.payments.*"],"deny":["shop.payments.master"],
             "created_at":"2026-01-01T00:00:00Z","created_by":"me","expires_at":"2027-01-01T00:00:00.123456Z"}]}
            """);
        var session = new Session { IsTerminal = true, Width = 80, Variables = { ["MILL_ADDRESS"] = mill.Address.ToString(), ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(0, await session.RunAsync("token", "list"));
        Assert.Contains("0123456789ab", session.Output, StringComparison.Ordinal);
        Assert.Contains("2027-01-01T00:00:00Z", session.Output, StringComparison.Ordinal);
        Assert.All(session.Output.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Theory]
    [InlineData("true", 0, "sound: 1 secret, 2 versions")]
    [InlineData("false", 11, "UNSOUND")]
    public async Task Verify_fails_where_history_is_not_whole(string sound, int exitCode, string said)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/verify", $$"""{"sound":{{sound}},"revision":9,"secrets":1,"versions":2,"opened":2,"destroyed":0,"problems":["p"]}""");
        var session = Session.With(mill);
        Assert.Equal(exitCode, await session.RunAsync("verify"));
        Assert.Contains(said, session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retention_keeps_the_limit_that_is_not_named()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/retention", """{"max_versions":5,"max_age":null}""");
        mill.On("PUT /v1/retention", "", 204);
        Assert.Equal(0, await Session.With(mill).RunAsync("retention", "set", "--max-age", "90d"));
        Assert.Equal("""{"max_versions":5,"max_age":"90d"}""", mill.Seen[1].Body);
        Assert.Equal(0, await Session.With(mill).RunAsync("retention", "clear"));
        Assert.Equal("""{"max_versions":null,"max_age":null}""", mill.Seen[2].Body);
        Assert.Equal(2, await Session.With(mill).RunAsync("retention", "set"));
    }

    [Fact]
    public async Task Status_says_what_a_sealed_vault_needs()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/status", """
            {"version":"0.1.0","node":"n1","role":"both","leader":"n1","engine":"etcd","revision":7,
             "members":[{"name":"n1","address":"https://10.0.0.1:4400","role":"both","state":"sealed","leader":true,"revision":7,"lag":0,"engine":{"engine":"etcd","state":"leader","database_bytes":4194304,"problems":[]}},
                        {"name":"n2","address":"https://10.0.0.2:4400","role":"both","state":"unreachable","reason":"n2 does not answer.","leader":false},
                        {"name":"n3","address":"https://10.0.0.3:4400","role":"both","state":"healthy","leader":false,"revision":4,"lag":3},
                        {"name":"n4","address":"https://10.0.0.4:4400","role":"both","state":"healthy","leader":false,"revision":7,"lag":0,"engine":{"engine":"etcd","state":"follower","database_bytes":2147483648,"database_quota_bytes":2147483648,"database_full":true,"problems":[]}}],
             "seal":{"sealed":true,"needed_key_id":"aa","present_key_id":null},"counts":{"tenant":"default","secrets":1,"versions":2},"started_at":"2026-01-01T00:00:00Z"}
            """);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("status"));
        Assert.Contains("secrets\t1 secret with 2 versions in tenant default\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("vault\tsealed: needs master key aa, has none\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("leader\tn1\n", session.Output, StringComparison.Ordinal);
        Assert.EndsWith("""
            member\tn1 https://10.0.0.1:4400 sealed; etcd leader, 4 MiB
            member\tn2 https://10.0.0.2:4400 unreachable; n2 does not answer.
            member\tn3 https://10.0.0.3:4400 healthy; 3 revisions behind
            member\tn4 https://10.0.0.4:4400 healthy; etcd follower, 2 GiB of 2 GiB, full: nothing is written

            """.Replace("\\t", "\t", StringComparison.Ordinal), session.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Shells_get_a_script(string shell)
    {
        var session = new Session();
        Assert.Equal(0, await session.RunAsync("completion", shell));
        Assert.Contains("[suggest:", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_complete_and_silence_is_the_answer_without_a_server()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets?prefix=app&limit=200", """{"secrets":[{"name":"app.db","version":3,"valid_from":"2026-01-01T00:00:00Z"}],"next":null}""");
        // The clock stands still, so that a busy machine does not run out of patience.
        var session = Session.With(mill, new ManualTime());
        await session.RunAsync("[suggest:19]", "mill secret get app");
        Assert.Contains("app.db", session.Output, StringComparison.Ordinal);
        var alone = new Session();
        Assert.Equal(0, await alone.RunAsync("[suggest:19]", "mill secret get app"));
        Assert.Equal("", alone.Error);
    }
}
