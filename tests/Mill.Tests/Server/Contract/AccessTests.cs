using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>Which role may do what, and on which names.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private TestServer _server = null!;

    /// <summary>Every call, and who may make it: r(eader), w(riter), d(eployer), o(perator).</summary>
    public static TheoryData<string, string, string?, string> Calls => new()
    {
        { "GET", "/v1/secrets/a", null, "rwo" },
        { "GET", "/v1/secrets/a?version=1", null, "rwo" },
        { "GET", "/v1/secrets/a/history", null, "rwo" },
        { "GET", "/v1/secrets", null, "rwdo" },
        { "GET", "/v1/status", null, "rwdo" },
        { "GET", "/v1/metrics", null, "do" },
        { "GET", "/v1/tokens", null, "o" },
        { "GET", "/v1/retention", null, "o" },
        { "POST", "/v1/verify", null, "o" },
        { "GET", "/v1/backup", null, "o" },
        { "PUT", "/v1/secrets/a", """{"value":"x"}""", "wo" },
        { "PUT", "/v1/secrets/new", """{"value":"x"}""", "wo" },
        { "POST", "/v1/transactions", """{"operations":[{"op":"set","name":"a","value":"y"}]}""", "wo" },
        { "POST", "/v1/tokens", """{"subject":"s","role":"reader"}""", "o" },
        { "DELETE", "/v1/tokens/000000000000", null, "o" },
        { "PUT", "/v1/retention", "{}", "o" },
        { "POST", "/v1/secrets/a/destroy", """{"versions":[1]}""", "o" },
        { "DELETE", "/v1/secrets/a", null, "wo" },
        { "GET", "/v1/services", null, "rwdo" },
        { "GET", "/v1/services/web", null, "rwdo" },
        { "GET", "/v1/templates", null, "rwdo" },
        { "GET", "/v1/tasks", null, "rwdo" },
        { "GET", "/v1/tasks/job-1", null, "rwdo" },
        { "GET", "/v1/deploys", null, "rwdo" },
        { "GET", "/v1/deploys/1", null, "rwdo" },
        { "GET", "/v1/deploys/1/events", null, "rwdo" },
        { "GET", "/v1/logs/web", null, "rwdo" },
        { "GET", "/v1/logs", null, "rwdo" },
        { "GET", "/v1/exec/web", null, "o" },
        { "POST", "/v1/deploys/1/abort", null, "do" },
        { "GET", "/v1/rollback", null, "rwdo" },
        { "POST", "/v1/rollback", "{}", "do" },
        { "POST", "/v1/services/web/restart", null, "do" },
        { "POST", "/v1/tasks", """{"task":"job"}""", "do" },
        { "DELETE", "/v1/tasks/job-1", null, "do" },
        { "GET", "/v1/nodes", null, "o" },
        { "POST", "/v1/nodes/n1/drain", null, "o" },
        { "POST", "/v1/nodes/n1/undrain", null, "o" },
        { "POST", "/v1/fleet/resume", null, "o" },
    };

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.Operator.PutAsync("a", "canary");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_call_is_for_some_roles_and_forbidden_to_the_others(string method, string path, string? body, string roles)
    {
        foreach (var role in new[] { "reader", "writer", "deployer", "operator" })
        {
            var caller = await _server.MakeAsync(role);
            var revision = _server.Now().Revision;
            var answer = await caller.SendAsync(method, path, body);
            if (roles.Contains(role[0], StringComparison.Ordinal)) Assert.True(answer.Status is < 300 or 404, $"{role}: {answer}");
            else
            {
                answer.IsProblem(403, "forbidden");
                Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
                Assert.Equal(revision, _server.Now().Revision);
            }
        }
    }

    [Theory]
    [InlineData("app/*", "", "app/a app/b/c", "app b app.a")]
    [InlineData("app.*", "app.db*", "app.a app.", "app.db app.db.password b")]
    [InlineData("", "a*", "b A", "a a/b ab")]
    [InlineData("*", "*", "", "a b")]
    [InlineData("a b*", "", "a b bc", "ab c")]
    [InlineData("*/password", "", "x/password x/y/password", "password x/password2")]
    [InlineData("a**b", "", "ab axb", "a b")]
    public async Task Patterns_say_which_names_there_are_and_deny_wins(string allow, string deny, string seen, string unseen)
    {
        var caller = await _server.MakeAsync("writer", "other", Split(allow), Split(deny));
        foreach (var name in Split(seen))
        {
            (await caller.SetAsync(name, "v")).Is(201);
            (await caller.GetAsync($"/v1/secrets/{name}")).Is(200);
        }
        foreach (var name in Split(unseen))
        {
            await _server.Operator.In("other").PutAsync(name, "v");
            (await caller.SetAsync(name, "v")).IsProblem(404, "not_found");
            (await caller.GetAsync($"/v1/secrets/{name}")).IsProblem(404, "not_found");
        }
        var listed = (await caller.GetAsync("/v1/secrets")).Json.GetProperty("secrets").EnumerateArray().Select(item => item.GetProperty("name").GetString());
        Assert.Equal(Split(seen).Order(StringComparer.Ordinal), listed);
        Assert.Equal(Split(seen).Length, (await caller.GetAsync("/v1/status")).Json.GetProperty("counts").GetProperty("secrets").GetInt32());

        static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public async Task Tenants_use_the_same_name_for_different_secrets()
    {
        await _server.Operator.In("other").PutAsync("a", "theirs");
        Assert.Equal("canary", (await _server.Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
        Assert.Equal("theirs", (await _server.Operator.In("other").GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
        var reader = await _server.MakeAsync("reader", "other");
        Assert.Equal("theirs", (await reader.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Only_an_operator_may_name_another_tenant()
    {
        var reader = await _server.MakeAsync("reader");
        (await reader.In("default").GetAsync("/v1/secrets/a")).Is(200);
        (await reader.In("other").GetAsync("/v1/secrets/a")).IsProblem(403, "forbidden");
        foreach (var wrong in new[] { "", " ", "UPPER", "-x", "a/b", "..", new string('t', 64) })
        {
            (await _server.Operator.In(wrong).GetAsync("/v1/secrets/a")).IsProblem(400, "invalid_request");
            (await _server.As("x").In(wrong).GetAsync("/v1/secrets/a")).IsProblem(401, "unauthenticated");
        }
    }
}
