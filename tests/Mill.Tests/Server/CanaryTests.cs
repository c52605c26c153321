using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Mill.State.Embedded;
using Mill.Tests.Server.Fixture;
using Mill.Tests.State;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Server;

/// <summary>No secret and no token is found in a log, an error body or the data directory, in whatever way it may be written.</summary>
public sealed class CanaryTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly List<Answer> _errors = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task No_secret_leaves_the_vault_but_in_the_answer_to_a_read()
    {
        var values = Enumerable.Range(0, 6).Select(number => $"c@nary/{number}+{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 24)}=é").ToArray();
        var tokens = new List<string>();
        string log;
        await using (var store = EmbeddedStateStore.Open(_directory.Path))
        await using (var server = await TestServer.StartAsync(new() { Store = store, LogLevel = LogLevel.Trace }))
        {
            var writer = await server.MakeAsync("writer", allow: ["app/*"]);
            tokens.AddRange([server.OperatorToken, writer.Token]);
            tokens.Add((await server.Operator.SendAsync("POST", "/v1/tokens", new { subject = "s", role = "reader" }, ("Idempotency-Key", "t"))).Json.GetProperty("token").GetString()!);
            await Use(server.Operator, values);
            await Abuse(server, writer, values, tokens);
            Search("the data directory of a running server", Files(), values, tokens);
            log = server.Logs.All;
        }
        Search("the log", [Encoding.UTF8.GetBytes(log)], values, tokens);
        Search("an error body", _errors.Select(answer => answer.Body), values, tokens);
        Search("the data directory", Files(), values, tokens);
        Assert.True(log.Length > 10_000 && _errors.Count > 30);
        output.WriteLine($"{values.Length} values and {tokens.Count} tokens searched in {log.Length} characters of log, {_errors.Count} error bodies and {Files().Sum(file => file.Length)} bytes of data");
    }

    private static async Task Use(Api caller, string[] values)
    {
        foreach (var value in values) await caller.PutAsync("app/a", value);
        (await caller.SendAsync("PUT", "/v1/secrets/app/b", new { value_base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(values[0])) }, ("Idempotency-Key", "k"))).Is(201);
        (await caller.SendAsync("POST", "/v1/transactions", new { operations = values.Select((value, index) => new { op = "set", name = $"app/t{index}", value }) }, ("Idempotency-Key", "x"))).Is(200);
        foreach (var path in new[] { "app/a", "app/a?version=1", "app/b", "app/a/history", "app/t1" }) (await caller.GetAsync($"/v1/secrets/{path}")).Is(200);
        (await caller.DeleteAsync("app/t0")).Is(204);
        (await caller.SendAsync("POST", "/v1/secrets/app/t1/destroy", new { all = true })).Is(204);
        (await caller.SendAsync("POST", "/v1/verify")).Is(200);
    }

    /// <summary>Requests with secrets in places where they do not belong.</summary>
    private async Task Abuse(TestServer server, Api writer, string[] values, List<string> tokens)
    {
        foreach (var value in values)
        {
            var quoted = System.Text.Json.JsonSerializer.Serialize(value);
            string[] bodies = [quoted, $"{{\"value\":{quoted}", $"{{\"value\":[{quoted}]}}", $"{{{quoted}:1}}", $"{{\"value_base64\":{quoted}}}", $"{{\"value\":{quoted},\"more\":{quoted}}}", $"{{\"operations\":[{{\"op\":{quoted},\"name\":{quoted},\"value\":{quoted}}}]}}", $"{{\"subject\":{quoted},\"role\":{quoted}}}", $"{{\"max_age\":{quoted}}}"];
            foreach (var body in bodies)
            {
                foreach (var (method, path) in new[] { ("PUT", "/v1/secrets/app/a"), ("POST", "/v1/transactions"), ("POST", "/v1/env/expand"), ("POST", "/v1/tokens"), ("PUT", "/v1/retention"), ("POST", "/v1/secrets/app/a/destroy") })
                    _errors.Add(await server.Operator.SendAsync(method, path, body));
            }
            _errors.Add(await server.Operator.SetAsync("app/a", value, ("If-Match", "\"99\"")));
            _errors.Add(await server.Operator.SetAsync("app/a", value, ("Idempotency-Key", "k")));
            _errors.Add(await writer.SetAsync("outside", value));
        }
        foreach (var token in tokens)
        {
            _errors.Add(await server.As(token + "x").GetAsync("/v1/secrets"));
            _errors.Add(await server.As(token).GetAsync("/v1/secrets/none", ("Mill-Tenant", token), ("Mill-Request-Id", "r")));
            _errors.Add(await server.As(token).GetAsync("/v1/secrets/none", ("If-Match", token)));
            _errors.Add(await server.Operator.SendAsync("POST", "/v1/tokens", $"{{\"subject\":\"{token}\"}}"));
        }
        Assert.All(_errors, answer => Assert.True(answer.Status >= 400, answer.ToString()));
    }

    /// <summary>Everything but the lock, which only its owner may open.</summary>
    private List<byte[]> Files() => [.. Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) is not "lock").Select(TestDirectory.ReadShared)];

    private static void Search(string where, IEnumerable<byte[]> haystacks, string[] values, List<string> tokens)
    {
        // A token is the secret part that makes it one: its id stands in the store, and may.
        var needles = values.Concat(tokens.Select(token => token[^43..])).SelectMany(Spellings.Of).ToList();
        foreach (var haystack in haystacks)
        {
            foreach (var needle in needles) Assert.True(haystack.AsSpan().IndexOf(needle) < 0, $"{where} holds {Encoding.Latin1.GetString(needle)}");
        }
    }
}
