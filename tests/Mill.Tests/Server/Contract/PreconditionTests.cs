using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class PreconditionTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        foreach (var value in new[] { "one", "two" }) await Operator.PutAsync("a", value);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task If_match_updates_only_the_version_it_names()
    {
        var failed = (await Operator.SetAsync("a", "three", ("If-Match", "\"1\""))).IsProblem(412, "precondition_failed");
        Assert.Equal(2, failed.Json.GetProperty("current_version").GetInt32());
        Assert.Equal("\"2\"", failed.Header("ETag"));
        Assert.Equal(3, (await Operator.SetAsync("a", "three", ("If-Match", "\"2\""))).Is(200).Json.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task If_match_on_what_is_not_there_fails_without_a_current_version()
    {
        var failed = (await Operator.SetAsync("b", "x", ("If-Match", "\"1\""))).IsProblem(412, "precondition_failed");
        Assert.False(failed.Json.TryGetProperty("current_version", out _));
        Assert.Null(failed.Header("ETag"));
    }

    [Fact]
    public async Task If_none_match_creates_and_never_updates()
    {
        (await Operator.SetAsync("b", "x", ("If-None-Match", "*"))).Is(201);
        var failed = (await Operator.SetAsync("b", "y", ("If-None-Match", "*"))).IsProblem(412, "precondition_failed");
        Assert.Equal(1, failed.Json.GetProperty("current_version").GetInt32());
        (await Operator.SetAsync("b", "x", ("If-None-Match", "*"))).IsProblem(412, "precondition_failed");
    }

    [Fact]
    public async Task A_deletion_honours_if_match()
    {
        (await Operator.DeleteAsync("a", ("If-Match", "\"1\""))).IsProblem(412, "precondition_failed");
        (await Operator.DeleteAsync("a", ("If-Match", "\"2\""))).Is(204);
        (await Operator.DeleteAsync("a", ("If-Match", "\"2\""))).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task The_last_write_wins_without_a_precondition()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number => (await Operator.PutAsync("c", $"{number}")).Version));
        Assert.Equal(Enumerable.Range(1, 20), versions.Order());
    }

    [Fact]
    public async Task Of_many_that_update_the_same_version_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Operator.SetAsync("a", $"new {number}", ("If-Match", "\"2\""))));
        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.IsProblem(412, "precondition_failed"));
    }

    [Theory]
    [InlineData("If-Match", "2")]
    [InlineData("If-Match", "*")]
    [InlineData("If-Match", "W/\"2\"")]
    [InlineData("If-Match", "\"2\", \"3\"")]
    [InlineData("If-Match", "\"0\"")]
    [InlineData("If-Match", "\"-2\"")]
    [InlineData("If-Match", "\"2147483648\"")]
    [InlineData("If-Match", "\"NaN\"")]
    [InlineData("If-Match", "\"\"")]
    [InlineData("If-Match", "\"")]
    [InlineData("If-None-Match", "\"2\"")]
    [InlineData("If-None-Match", "*, *")]
    public async Task A_precondition_that_is_not_understood_is_an_invalid_request_and_not_left_out(string header, string value)
    {
        (await Operator.SetAsync("a", "three", (header, value))).IsProblem(400, "invalid_request");
        (await Operator.DeleteAsync("a", (header, value))).IsProblem(400, "invalid_request");
        Assert.Equal("two", (await Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_deletion_of_what_must_not_be_there_is_an_invalid_request()
    {
        foreach (var name in new[] { "a", "nothing" }) (await Operator.DeleteAsync(name, ("If-None-Match", "*"))).IsProblem(400, "invalid_request");
        Assert.Equal("two", (await Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Both_preconditions_exclude_each_other() =>
        (await Operator.SetAsync("a", "three", ("If-Match", "\"2\""), ("If-None-Match", "*"))).IsProblem(400, "invalid_request");
}
