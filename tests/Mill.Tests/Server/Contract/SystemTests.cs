using System.Security.Cryptography;
using System.Text.Json;
using Mill.Testing;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>Health, status and the sealed vault.</summary>
public sealed class SystemTests
{
    [Fact]
    public async Task Health_and_readiness_need_no_token()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("""{"status":"ok"}""", (await server.As(null).GetAsync("/healthz")).Is(200).Text);
        Assert.Equal("""{"status":"ready"}""", (await server.As(null).GetAsync("/readyz")).Is(200).Text);
        Assert.Equal("application/json", (await server.As(null).GetAsync("/openapi/v1.json")).Is(200).Header("Content-Type"));
        (await server.As(null).GetAsync("/v1/status")).IsProblem(401, "unauthenticated");
        (await server.As(null).GetAsync("/v1/metrics")).IsProblem(401, "unauthenticated");
        (await server.As(null).GetAsync("/nothing/here")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Status_says_what_the_contract_promises()
    {
        await using var server = await TestServer.StartAsync();
        await server.Operator.PutAsync("a", "1");
        await server.Operator.PutAsync("a", "2");
        var answer = (await server.Operator.GetAsync("/v1/status")).Is(200);
        Assert.Equal("version node role leader engine revision members seal counts started_at", answer.Members);
        Assert.Equal(server.Now().Revision, answer.Json.GetProperty("revision").GetInt64());
        Assert.Equal($"{server.Now().Revision}", answer.Header("Mill-Revision"));
        Assert.Equal(("memory", "n1", "n1"), (Text("engine"), Text("node"), Text("leader")));
        Assert.Equal("""{"tenant":"default","secrets":1,"versions":2}""", answer.Json.GetProperty("counts").GetRawText());
        Assert.False(answer.Json.GetProperty("seal").GetProperty("sealed").GetBoolean());
        Assert.Equal("healthy", answer.Json.GetProperty("members")[0].GetProperty("state").GetString());

        string? Text(string member) => answer.Json.GetProperty(member).GetString();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sealed_vault_shows_names_and_intervals_and_neither_reads_nor_writes_values(bool wrongKey)
    {
        await using var store = new InMemoryStateStore();
        var options = new TestServerOptions { Store = store };
        await using (var open = await TestServer.StartAsync(options))
        {
            await open.Operator.PutAsync("a", "canary");
            options = options with { Operator = open.OperatorToken };
        }
        var other = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await using var server = await TestServer.StartAsync(options with { MasterKey = wrongKey ? other : null });
        var revision = server.Now().Revision;

        var ready = (await server.As(null).GetAsync("/readyz")).IsProblem(503, "vault_sealed");
        var seal = (await server.Operator.GetAsync("/v1/status")).Is(200).Json.GetProperty("seal");
        Assert.True(seal.GetProperty("sealed").GetBoolean());
        var needed = seal.GetProperty("needed_key_id").GetString()!;
        Assert.Equal(wrongKey, seal.GetProperty("present_key_id").ValueKind is JsonValueKind.String);
        Assert.DoesNotContain(needed, ready.Text, StringComparison.Ordinal);

        (await server.Operator.GetAsync("/v1/secrets")).Is(200);
        (await server.Operator.GetAsync("/v1/secrets/a/history")).Is(200);
        (await server.Operator.GetAsync("/v1/tokens")).Is(200);
        (await server.Operator.GetAsync("/v1/metrics")).Is(200);
        foreach (var (method, path, body) in new (string, string, string?)[]
        {
            ("GET", "/v1/secrets/a", null), ("GET", "/v1/secrets/a?version=1", null), ("GET", "/v1/secrets/nothing", null), ("PUT", "/v1/secrets/a", """{"value":"x"}"""),
            ("DELETE", "/v1/secrets/a", null), ("POST", "/v1/secrets/a/destroy", """{"all":true}"""), ("POST", "/v1/transactions", """{"operations":[{"op":"delete","name":"a"}]}"""),
            ("POST", "/v1/tokens", """{"subject":"s","role":"reader"}"""), ("DELETE", $"/v1/tokens/{server.Operator.TokenId}", null), ("PUT", "/v1/retention", "{}"), ("POST", "/v1/verify", null),
            ("POST", "/v1/env/expand", """{"content":"A=secret(a)"}"""), ("POST", "/v1/env/expand", """{"content":"A=secret(nothing)"}"""),
        })
        {
            var refused = (await server.Operator.SendAsync(method, path, body)).IsProblem(503, "vault_sealed");
            Assert.Contains(needed, refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal(revision, server.Now().Revision);
        Assert.Empty(server.Logs.Errors);
    }

    [Fact]
    public async Task After_the_server_began_to_stop_nothing_hangs()
    {
        var server = await TestServer.StartAsync();
        await server.Operator.PutAsync("a", "1");
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Operator.GetAsync("/v1/secrets/a"));
        await server.DisposeAsync();
    }
}
