using System.Security.Cryptography;
using Mill.Testing;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>The same write sent twice under one key happens once.</summary>
public sealed class IdempotencyTests
{
    private const string Name = "Idempotency-Key";

    /// <summary>Every kind of write, and the same with something else in it.</summary>
    public static TheoryData<string, string, string, string> Writes => new()
    {
        { "PUT", "/v1/secrets/new", """{"value":"x"}""", """{"value":"y"}""" },
        { "PUT", "/v1/secrets/a", """{"value":"x"}""", """{"value_base64":"eA=="}""" },
        { "PUT", "/v1/secrets/a?force=true", """{"value":"one"}""", """{"value":"two"}""" },
        { "DELETE", "/v1/secrets/a", "", "/v1/secrets/b" },
        { "POST", "/v1/secrets/a/destroy", """{"versions":[1]}""", """{"all":true}""" },
        { "POST", "/v1/transactions", """{"operations":[{"op":"set","name":"t","value":"1"},{"op":"delete","name":"b"}]}""", """{"operations":[{"op":"set","name":"t","value":"1"}]}""" },
        { "POST", "/v1/tokens", """{"subject":"s","role":"reader"}""", """{"subject":"s","role":"writer"}""" },
        { "PUT", "/v1/retention", """{"max_versions":3}""", """{"max_versions":4}""" },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_repeated_write_replays_its_answer_across_a_restart_until_a_day_has_passed(string method, string path, string body, string other)
    {
        await using var store = new InMemoryStateStore();
        var options = new TestServerOptions { Store = store, MasterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) };
        Answer first;
        await using (var server = await TestServer.StartAsync(options))
        {
            foreach (var name in new[] { "a", "b" }) await server.Operator.PutAsync(name, "one");
            first = await Send(server);
            Assert.True(first.Status is 200 or 201 or 204, first.ToString());
            Assert.Null(first.Header("Mill-Replayed"));
            var revision = server.Now().Revision;
            DemandReplay(first, await Send(server));
            Assert.Equal(revision, server.Now().Revision);
            // The DELETE has no body to change: its other request is for another name.
            var mismatch = other.StartsWith('/') ? await server.Operator.SendAsync(method, other, null, (Name, "k1")) : await server.Operator.SendAsync(method, path, other, (Name, "k1"));
            mismatch.IsProblem(409, "idempotency_mismatch");
            Assert.Equal(revision, server.Now().Revision);
            options = options with { Operator = server.OperatorToken };
        }
        await using var restarted = await TestServer.StartAsync(options);
        restarted.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(30));
        DemandReplay(first, await Send(restarted));
        restarted.Time.Advance(TimeSpan.FromSeconds(31));
        var late = await Send(restarted);
        Assert.Null(late.Header("Mill-Replayed"));

        Task<Answer> Send(TestServer server) => server.Operator.SendAsync(method, path, body.Length == 0 ? null : body, (Name, "k1"));
    }

    [Fact]
    public async Task A_replayed_token_creation_shows_the_same_token_and_makes_no_second()
    {
        await using var server = await TestServer.StartAsync();
        var tokens = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
            (await server.Operator.SendAsync("POST", "/v1/tokens", new { subject = "s", role = "reader" }, (Name, "t"))).Is(201).Json.GetProperty("token").GetString()!));
        Assert.Single(tokens.Distinct());
        Assert.Equal(2, server.Now().Tokens.Count);
        (await server.As(tokens[0]).GetAsync("/v1/secrets")).Is(200);
    }

    [Fact]
    public async Task A_set_that_happened_is_replayed_even_after_it_was_overwritten()
    {
        await using var server = await TestServer.StartAsync();
        await server.Operator.SetAsync("a", "one", (Name, "k"));
        await server.Operator.PutAsync("a", "two");
        var replay = (await server.Operator.SetAsync("a", "one", (Name, "k"))).Is(201);
        Assert.Equal("true", replay.Header("Mill-Replayed"));
        Assert.Equal("\"1\"", replay.Header("ETag"));
        Assert.Equal("two", (await server.Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_key_belongs_to_one_token()
    {
        await using var server = await TestServer.StartAsync();
        var (one, two) = (await server.MakeAsync("writer"), await server.MakeAsync("writer"));
        (await one.SetAsync("a", "1", (Name, "k"))).Is(201);
        Assert.Null((await two.SetAsync("a", "2", (Name, "k"))).Is(200).Header("Mill-Replayed"));
    }

    [Fact]
    public async Task A_key_in_another_tenant_or_with_another_precondition_is_another_request()
    {
        await using var server = await TestServer.StartAsync();
        (await server.Operator.SetAsync("a", "1", (Name, "k"))).Is(201);
        (await server.Operator.In("other").SetAsync("a", "1", (Name, "k"))).IsProblem(409, "idempotency_mismatch");
        (await server.Operator.SetAsync("a", "1", (Name, "k"), ("If-None-Match", "*"))).IsProblem(409, "idempotency_mismatch");
        (await server.Operator.SetAsync("b", "1", (Name, "k"))).IsProblem(409, "idempotency_mismatch");
        (await server.Operator.DeleteAsync("a", (Name, "k"))).IsProblem(409, "idempotency_mismatch");
    }

    [Fact]
    public async Task A_write_that_was_refused_is_not_remembered()
    {
        await using var server = await TestServer.StartAsync();
        (await server.Operator.DeleteAsync("a", (Name, "k"))).IsProblem(404, "not_found");
        await server.Operator.PutAsync("a", "1");
        Assert.Null((await server.Operator.DeleteAsync("a", (Name, "k"))).Is(204).Header("Mill-Replayed"));
    }

    [Fact]
    public async Task Housekeeping_forgets_keys_after_a_day()
    {
        await using var server = await TestServer.StartAsync();
        await server.Operator.SetAsync("a", "1", (Name, "k"));
        Assert.Single(server.Now().Idempotency);
        server.Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1));
        await server.UntilAsync(state => state.Idempotency.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\there")]
    [InlineData("129")]
    public async Task A_key_is_1_to_128_visible_ascii(string key)
    {
        await using var server = await TestServer.StartAsync();
        if (key is "129") key = new('k', 129);
        (await server.Operator.SetAsync("a", "1", (Name, key))).IsProblem(400, "invalid_request");
        (await server.Operator.SetAsync("a", "1", (Name, new('~', 128)))).Is(201);
    }

    private static void DemandReplay(Answer first, Answer replay)
    {
        Assert.Equal("true", replay.Header("Mill-Replayed"));
        Assert.Equal((first.Status, first.Text, first.Header("ETag")), (replay.Status, replay.Text, replay.Header("ETag")));
    }
}
