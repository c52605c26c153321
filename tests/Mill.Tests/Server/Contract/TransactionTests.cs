using System.Text.Json;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class TransactionTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        foreach (var name in new[] { "a", "b", "c" }) await Operator.PutAsync(name, "one");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_transaction_that_changes_nothing_says_since_when_it_is_so_whatever_others_did_meanwhile()
    {
        var since = (await Read("b")).GetProperty("valid_from").GetString();
        _server.Time.Advance(TimeSpan.FromSeconds(1));
        await _server.As(_server.OperatorToken, "other").PutAsync("elsewhere", "x");

        var answer = (await Commit(new { op = "set", name = "a", value = "one" }, new { op = "set", name = "b", value = "one" })).Is(200);

        Assert.Equal(since, answer.Json.GetProperty("valid_from").GetString());
    }

    [Fact]
    public async Task Everything_happens_at_one_instant()
    {
        var answer = (await Commit(
            new { op = "set", name = "a", value = "two", if_version = 1 },
            new { op = "set", name = "new", value_base64 = "AAE=", if_absent = true },
            new { op = "set", name = "b", value = "one" },
            new { op = "delete", name = "c", if_version = 1 })).Is(200);

        Assert.Equal("results valid_from", answer.Members);
        Assert.Equal($"{_server.Now().Revision}", answer.Header("Mill-Revision"));
        var results = answer.Json.GetProperty("results").EnumerateArray().Select(result => string.Join(' ', result.EnumerateObject().Select(member => $"{member.Name}={member.Value}")));
        Assert.Equal(["op=set name=a version=2 changed=True", "op=set name=new version=1 changed=True", "op=set name=b version=1 changed=False", "op=delete name=c version=1 changed=True"], results);

        var instant = answer.Json.GetProperty("valid_from").GetString();
        Assert.Equal(instant, (await Read("a")).GetProperty("valid_from").GetString());
        Assert.Equal(instant, (await Read("new")).GetProperty("valid_from").GetString());
        Assert.Equal(instant, (await Read("a?version=1")).GetProperty("valid_to").GetString());
        Assert.Equal(instant, (await Read("c?version=1")).GetProperty("valid_to").GetString());
        Assert.NotEqual(instant, (await Read("b")).GetProperty("valid_from").GetString());
    }

    [Fact]
    public async Task Every_failed_precondition_is_listed_and_nothing_is_written()
    {
        var revision = _server.Now().Revision;
        var failed = (await Commit(
            new { op = "set", name = "x", value = "canary" },
            new { op = "set", name = "a", value = "two", if_version = 7 },
            new { op = "set", name = "b", value = "two", if_absent = true },
            new { op = "delete", name = "nothing", if_version = 1 },
            new { op = "delete", name = "c", if_version = 2 })).IsProblem(412, "precondition_failed");

        Assert.Equal(["/operations/1", "/operations/2", "/operations/3", "/operations/4"], Pointers(failed));
        Assert.DoesNotContain("canary", failed.Text, StringComparison.Ordinal);
        Assert.Equal(revision, _server.Now().Revision);
    }

    [Fact]
    public async Task Every_secret_to_delete_that_is_not_there_is_listed()
    {
        var failed = (await Commit(new { op = "delete", name = "x" }, new { op = "delete", name = "a" }, new { op = "delete", name = "y" })).IsProblem(404, "not_found");
        Assert.Equal(["/operations/0", "/operations/2"], Pointers(failed));
        Assert.Equal("one", (await Read("a")).GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_transaction_that_changes_nothing_commits_nothing()
    {
        var revision = _server.Now().Revision;
        var answer = (await Commit(new { op = "set", name = "a", value = "one" })).Is(200);
        Assert.False(answer.Json.GetProperty("results")[0].GetProperty("changed").GetBoolean());
        Assert.Equal(revision, _server.Now().Revision);
    }

    [Fact]
    public async Task A_transaction_has_1_to_256_operations()
    {
        object[] most = [.. Enumerable.Range(0, 256).Select(index => (object)new { op = "set", name = $"many/{index}", value = $"{index}" })];
        Assert.Equal(256, (await Commit(most)).Is(200).Json.GetProperty("results").GetArrayLength());
        (await Commit([.. most, new { op = "set", name = "one-more", value = "" }])).IsProblem(400, "invalid_request");
        (await Commit()).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task A_name_may_stand_in_it_once()
    {
        var failed = (await Commit(new { op = "set", name = "z", value = "1" }, new { op = "delete", name = "a" }, new { op = "set", name = "z", value = "2" })).IsProblem(400, "invalid_request");
        Assert.Equal(["/operations/2"], Pointers(failed));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        var failed = (await Commit(
            new { op = "set", name = "/bad", value = "canary" },
            new { op = "put", name = "a", value = "canary" },
            new { op = "set", name = "a" },
            new { op = "delete", name = "b", value = "canary" },
            new { op = "set", name = "c", value = "v", if_version = 0 },
            new { op = "set", name = "d", value = "v", if_version = 1, if_absent = true },
            new { op = "set", name = "e", value = new string('x', (256 * 1024) + 1) },
            new { op = "set", name = "fine", value = "v" })).IsProblem(400, "invalid_name");
        Assert.Equal(Enumerable.Range(0, 7).Select(index => $"/operations/{index}"), Pointers(failed));
        Assert.Equal(["invalid_name", "invalid_request", "invalid_request", "invalid_request", "invalid_request", "invalid_request", "too_large"],
            failed.Json.GetProperty("errors").EnumerateArray().Select(item => item.GetProperty("code").GetString()));
        Assert.DoesNotContain("canary", failed.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"operations":null}""")]
    [InlineData("""{"operations":[null]}""")]
    [InlineData("""{"operations":{}}""")]
    [InlineData("""{"operations":[{"op":"set","value":"x"}]}""")]
    [InlineData("""{"operations":[{"op":null,"name":"a","value":"x"}]}""")]
    [InlineData("""{"operations":[{"op":"set","name":"a","value":"x","force":true}]}""")]
    [InlineData("""{"operations":[{"op":"set","name":"a","value":"x","if_version":"1"}]}""")]
    [InlineData("""{"operations":[{"op":"set","name":"a","value":"x","if_version":1e400}]}""")]
    [InlineData("""{"operations":[],"operations":[]}""")]
    public async Task What_is_no_transaction_is_an_invalid_request(string body) => (await Operator.SendAsync("POST", "/v1/transactions", body)).IsProblem(400, "invalid_request");

    private Task<Answer> Commit(params object[] operations) => Operator.SendAsync("POST", "/v1/transactions", new { operations });

    private async Task<JsonElement> Read(string path) => (await Operator.GetAsync($"/v1/secrets/{path}")).Is(200).Json;

    private static List<string?> Pointers(Answer answer) => [.. answer.Json.GetProperty("errors").EnumerateArray().Select(item => item.GetProperty("pointer").GetString())];
}
