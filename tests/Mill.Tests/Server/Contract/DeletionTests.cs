using System.Text.Json;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>The end of secrets: deleted, set again, destroyed.</summary>
public sealed class DeletionTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private Api _reader = null!;
    private Api _writer = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        (_reader, _writer) = (await _server.MakeAsync("reader"), await _server.MakeAsync("writer"));
        foreach (var value in new[] { "one", "two" }) await Operator.PutAsync("a", value);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_delete_is_204_and_empty()
    {
        var answer = (await _writer.DeleteAsync("a")).Is(204);
        Assert.Empty(answer.Body);
        Assert.Equal($"{_server.Now().Revision}", answer.Header("Mill-Revision"));
        Assert.Null(answer.Header("Mill-Replayed"));
        (await _writer.DeleteAsync("a")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task For_a_reader_a_deleted_secret_is_gone_entirely()
    {
        await Operator.DeleteAsync("a");
        foreach (var path in new[] { "", "?version=1", "?version=2", "?at=2026-01-01T00:00:00.000006Z", "/history" }) (await _reader.GetAsync($"/v1/secrets/a{path}")).IsProblem(404, "not_found");
        Assert.Equal(0, (await _reader.GetAsync("/v1/secrets")).Json.GetProperty("secrets").GetArrayLength());
        var counts = (await _reader.GetAsync("/v1/status")).Json.GetProperty("counts");
        Assert.Equal((0, 0), (counts.GetProperty("secrets").GetInt32(), counts.GetProperty("versions").GetInt32()));
    }

    [Fact]
    public async Task For_a_writer_history_and_old_versions_by_number_stay()
    {
        await Operator.DeleteAsync("a");
        (await _writer.GetAsync("/v1/secrets/a")).IsProblem(404, "not_found");
        Assert.Equal(0, (await _writer.GetAsync("/v1/secrets")).Json.GetProperty("secrets").GetArrayLength());
        Assert.Equal(["deleted", "superseded"], await States(_writer));
        var old = (await _writer.GetAsync("/v1/secrets/a?version=2")).Is(200);
        Assert.Equal(("two", "deleted"), (old.Json.GetProperty("value").GetString(), old.Json.GetProperty("state").GetString()));
        Assert.Equal("one", (await _writer.GetAsync("/v1/secrets/a?version=1")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Setting_a_deleted_name_again_goes_on_with_the_numbers()
    {
        await Operator.DeleteAsync("a");
        var again = (await _writer.SetAsync("a", "two", ("If-None-Match", "*"))).Is(201);
        Assert.Equal(3, again.Json.GetProperty("version").GetInt32());
        Assert.True(again.Json.GetProperty("changed").GetBoolean());
        Assert.Equal(["current", "deleted", "superseded"], await States(_reader));
    }

    [Fact]
    public async Task Some_versions_can_be_destroyed_and_keep_their_metadata()
    {
        (await Destroy(new { versions = new[] { 1, 1 } })).Is(204);
        Assert.Equal(["current", "destroyed"], await States(_reader));
        (await Operator.GetAsync("/v1/secrets/a?version=1")).IsProblem(404, "not_found");
        Assert.Equal("two", (await Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Destroying_the_current_version_ends_the_secret()
    {
        (await Destroy(new { versions = new[] { 2 } })).Is(204);
        (await Operator.GetAsync("/v1/secrets/a")).IsProblem(404, "not_found");
        (await _reader.GetAsync("/v1/secrets/a/history")).IsProblem(404, "not_found");
        Assert.Equal(["destroyed", "superseded"], await States(_writer));
        var ended = (await _writer.GetAsync("/v1/secrets/a/history")).Json.GetProperty("versions")[0];
        Assert.NotEqual(JsonValueKind.Null, ended.GetProperty("valid_to").ValueKind);
        Assert.Equal(3, (await _writer.PutAsync("a", "two")).Version);
    }

    [Fact]
    public async Task All_versions_can_be_destroyed_and_again_without_effect()
    {
        (await Destroy(new { all = true })).Is(204);
        Assert.Equal(["destroyed", "destroyed"], await States(Operator));
        var revision = _server.Now().Revision;
        (await Destroy(new { all = true })).Is(204);
        Assert.Equal(revision, _server.Now().Revision);
        (await Operator.GetAsync("/v1/secrets/a?version=1")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Destroying_what_is_not_there_destroys_nothing()
    {
        (await Destroy(new { versions = new[] { 1, 3 } })).IsProblem(404, "not_found");
        Assert.Equal("one", (await Operator.GetAsync("/v1/secrets/a?version=1")).Json.GetProperty("value").GetString());
        (await Operator.SendAsync("POST", "/v1/secrets/nothing/destroy", new { all = true })).IsProblem(404, "not_found");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"versions":[]}""")]
    [InlineData("""{"versions":[1],"all":true}""")]
    [InlineData("""{"all":false}""")]
    [InlineData("""{"versions":null,"all":null}""")]
    [InlineData("""{"versions":["1"]}""")]
    [InlineData("""{"versions":[1.5]}""")]
    [InlineData("""{"versions":[99999999999]}""")]
    [InlineData("""{"versions":[null]}""")]
    public async Task What_to_destroy_must_be_said_clearly(string body)
    {
        (await Operator.SendAsync("POST", "/v1/secrets/a/destroy", body)).IsProblem(400, "invalid_request");
        Assert.Equal(["current", "superseded"], await States(_reader));
    }

    private Task<Answer> Destroy(object body) => Operator.SendAsync("POST", "/v1/secrets/a/destroy", body);

    private static async Task<List<string>> States(Api caller) =>
        [.. (await caller.GetAsync("/v1/secrets/a/history")).Is(200).Json.GetProperty("versions").EnumerateArray().Select(item => item.GetProperty("state").GetString()!)];
}
