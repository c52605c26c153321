using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class ReadAndWriteTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_first_set_is_201_and_says_what_was_made()
    {
        var answer = (await Operator.SetAsync("app.db", "p1")).Is(201);

        Assert.Equal("name version valid_from changed", answer.Members);
        Assert.Equal("app.db", answer.Json.GetProperty("name").GetString());
        Assert.Equal(1, answer.Json.GetProperty("version").GetInt32());
        Assert.True(answer.Json.GetProperty("changed").GetBoolean());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", answer.Json.GetProperty("valid_from").GetString());
        Assert.Equal("\"1\"", answer.Header("ETag"));
        Assert.Equal($"{_server.Now().Revision}", answer.Header("Mill-Revision"));
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Null(answer.Header("Mill-Replayed"));
        Assert.NotNull(answer.Header("Mill-Request-Id"));
        Assert.Null(answer.Header("Server"));
    }

    [Fact]
    public async Task A_second_value_is_200_and_the_next_version()
    {
        await Operator.PutAsync("a", "1");
        var answer = (await Operator.SetAsync("a", "2")).Is(200);
        Assert.Equal(2, answer.Json.GetProperty("version").GetInt32());
        Assert.True(answer.Json.GetProperty("changed").GetBoolean());
        Assert.Equal("\"2\"", answer.Header("ETag"));
    }

    [Fact]
    public async Task Setting_the_current_value_changes_nothing()
    {
        var first = (await Operator.SetAsync("a", "1")).Json;
        var revision = _server.Now().Revision;

        var again = (await Operator.SetAsync("a", "1")).Is(200);

        Assert.False(again.Json.GetProperty("changed").GetBoolean());
        Assert.Equal(1, again.Json.GetProperty("version").GetInt32());
        Assert.Equal(first.GetProperty("valid_from").GetString(), again.Json.GetProperty("valid_from").GetString());
        Assert.Equal("\"1\"", again.Header("ETag"));
        Assert.Equal(revision, _server.Now().Revision);
    }

    [Fact]
    public async Task Force_appends_the_same_value()
    {
        await Operator.PutAsync("a", "1");
        var forced = (await Operator.SendAsync("PUT", "/v1/secrets/a?force=true", new { value = "1" })).Is(200);
        Assert.Equal(2, forced.Json.GetProperty("version").GetInt32());
        Assert.True(forced.Json.GetProperty("changed").GetBoolean());

        var calm = (await Operator.SendAsync("PUT", "/v1/secrets/a?force=false", new { value = "1" })).Is(200);
        Assert.False(calm.Json.GetProperty("changed").GetBoolean());
        (await Operator.SendAsync("PUT", "/v1/secrets/a?force=yes", new { value = "1" })).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task An_older_value_set_again_is_a_new_version()
    {
        foreach (var value in new[] { "1", "2", "1" }) await Operator.PutAsync("a", value);
        Assert.Equal(3, (await Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_read_has_exactly_the_members_of_the_contract()
    {
        await Operator.PutAsync("a", "1");
        var text = (await Operator.GetAsync("/v1/secrets/a")).Is(200);
        Assert.Equal("name version value valid_from valid_to state", text.Members);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, text.Json.GetProperty("valid_to").ValueKind);
        Assert.Equal("current", text.Json.GetProperty("state").GetString());
        Assert.Equal("\"1\"", text.Header("ETag"));
        Assert.Equal("no-store", text.Header("Cache-Control"));
        Assert.Equal($"{_server.Now().Revision}", text.Header("Mill-Revision"));

        await Operator.SendAsync("PUT", "/v1/secrets/b", new { value_base64 = "AAEC" });
        var binary = (await Operator.GetAsync("/v1/secrets/b")).Is(200);
        Assert.Equal("name version value_base64 valid_from valid_to state", binary.Members);
        Assert.Equal("AAEC", binary.Json.GetProperty("value_base64").GetString());
    }

    [Fact]
    public async Task The_kind_is_that_of_the_version()
    {
        await Operator.PutAsync("a", "text");
        await Operator.SendAsync("PUT", "/v1/secrets/a", new { value_base64 = "AAEC" });
        Assert.Contains("value_base64", (await Operator.GetAsync("/v1/secrets/a")).Members, StringComparison.Ordinal);
        Assert.Equal("text", (await Operator.GetAsync("/v1/secrets/a?version=1")).Json.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("linearizable")]
    [InlineData("quorum")]
    [InlineData("local")]
    public async Task The_consistency_that_was_asked_for_is_said_in_the_answer(string consistency)
    {
        await Operator.PutAsync("a", "1");
        foreach (var path in new[] { "/v1/secrets/a", "/v1/secrets", "/v1/secrets/a/history", "/v1/status" })
        {
            Assert.Equal(consistency, (await Operator.GetAsync($"{path}?consistency={consistency}")).Is(200).Header("Mill-Consistency"));
        }
        (await Operator.GetAsync("/v1/secrets/a?consistency=eventual")).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task The_callers_own_request_id_comes_back_and_stands_in_problems()
    {
        var answer = await Operator.GetAsync("/v1/secrets/nothing", ("Mill-Request-Id", "my-id_1.2"));
        Assert.Equal("my-id_1.2", answer.Header("Mill-Request-Id"));
        Assert.Equal("my-id_1.2", answer.Json.GetProperty("request_id").GetString());
        Assert.NotEqual("not decent", (await Operator.GetAsync("/v1/secrets/nothing", ("Mill-Request-Id", "not decent"))).Header("Mill-Request-Id"));
    }

    [Theory]
    [InlineData("POST", "/v1/secrets/a", "GET, PUT, DELETE")]
    [InlineData("POST", "/v1/secrets/a/history", "GET")]
    [InlineData("PUT", "/v1/secrets/a/history", "GET")]
    [InlineData("DELETE", "/v1/secrets/a/history", "GET")]
    [InlineData("GET", "/v1/secrets/a/destroy", "POST")]
    [InlineData("PUT", "/v1/secrets/a/destroy", "POST")]
    [InlineData("PATCH", "/v1/secrets/a", "GET, PUT, DELETE, POST")]
    [InlineData("GET", "/v1/transactions", "POST")]
    [InlineData("PUT", "/v1/status", "GET")]
    [InlineData("BREW", "/healthz", "GET")]
    public async Task A_method_that_is_not_known_says_which_are(string method, string path, string allowed)
    {
        var answer = (await Operator.SendAsync(method, path)).IsProblem(405, "method_not_allowed");
        Assert.Equal(allowed.Split(", ").Order(), answer.Header("Allow")!.Split(", ").Order());
    }
}
