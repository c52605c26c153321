using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>Reads by number and by time.</summary>
public sealed class PastReadTests : IAsyncLifetime
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private TestServer _server = null!;
    private DateTimeOffset _first;
    private DateTimeOffset _second;
    private DateTimeOffset _deleted;
    private DateTimeOffset _third;

    /// <summary>Three versions, an hour apart, and between the second and the third an hour in which the secret was deleted.</summary>
    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _server.Time.Advance(Hour);
        (_, _first) = await _server.Operator.PutAsync("a", "one");
        _server.Time.Advance(Hour);
        (_, _second) = await _server.Operator.PutAsync("a", "two");
        _server.Time.Advance(Hour);
        (await _server.Operator.DeleteAsync("a")).Is(204);
        _deleted = (await _server.Operator.GetAsync("/v1/secrets/a?version=2")).Json.GetProperty("valid_to").GetDateTimeOffset();
        _server.Time.Advance(Hour);
        (_, _third) = await _server.Operator.PutAsync("a", "three");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_interval_holds_its_first_moment_and_not_its_last()
    {
        var microsecond = TimeSpan.FromMicroseconds(1);
        Assert.Null(await At(_first - Hour));
        Assert.Null(await At(_first - microsecond));
        Assert.Equal("one", await At(_first));
        Assert.Equal("one", await At(_second - microsecond));
        Assert.Equal("two", await At(_second));
        Assert.Equal("two", await At(_deleted - microsecond));
        Assert.Null(await At(_deleted));
        Assert.Null(await At(_third - microsecond));
        Assert.Equal("three", await At(_third));
        Assert.Equal("three", await At(_server.Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_moment_to_come_is_an_invalid_request()
    {
        var answer = await _server.Operator.GetAsync($"/v1/secrets/a?at={_server.Time.GetUtcNow().AddSeconds(1):yyyy-MM-dd'T'HH:mm:ss'Z'}");
        answer.IsProblem(400, "invalid_request");
        (await _server.Operator.GetAsync("/v1/secrets/a?at=9999-12-31T23:59:59.999999Z")).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task What_was_answered_for_the_present_moment_stays_the_answer()
    {
        var now = _server.Time.GetUtcNow();
        Assert.Equal("three", await At(now));
        var (_, from) = await _server.Operator.PutAsync("a", "four");
        Assert.True(from > now);
        Assert.Equal("three", await At(now));
    }

    [Fact]
    public async Task Numbers_read_any_version_that_was_ever_set()
    {
        foreach (var (version, value, state, from, to) in new[] { (1, "one", "superseded", _first, _second), (2, "two", "deleted", _second, _deleted) })
        {
            var answer = (await _server.Operator.GetAsync($"/v1/secrets/a?version={version}")).Is(200).Json;
            Assert.Equal(value, answer.GetProperty("value").GetString());
            Assert.Equal(state, answer.GetProperty("state").GetString());
            Assert.Equal(from, answer.GetProperty("valid_from").GetDateTimeOffset());
            Assert.Equal(to, answer.GetProperty("valid_to").GetDateTimeOffset());
        }
        (await _server.Operator.GetAsync("/v1/secrets/a?version=4")).IsProblem(404, "not_found");
        (await _server.Operator.GetAsync("/v1/secrets/a?version=2147483647")).IsProblem(404, "not_found");
    }

    [Theory]
    [InlineData("2026-01-01T03:00:00+01:30", "one")]
    [InlineData("2026-01-01t01:00:00.0000019z", "one")]
    [InlineData("2026-01-01T02:30:00.123456789Z", "two")]
    [InlineData("2026-01-01T02:30:00-00:00", "two")]
    [InlineData("1969-12-31T23:59:59.9999999Z", null)]
    [InlineData("0001-01-01T00:00:00Z", null)]
    public async Task Any_way_of_writing_a_time_is_understood(string time, string? value)
    {
        var answer = await _server.Operator.GetAsync($"/v1/secrets/a?at={Uri.EscapeDataString(time)}");
        if (value is null) answer.IsProblem(404, "not_found");
        else Assert.Equal(value, answer.Is(200).Json.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("version=1&at=2026-01-01T00:00:00Z")]
    [InlineData("version=0")]
    [InlineData("version=-1")]
    [InlineData("version=2147483648")]
    [InlineData("version=1.0")]
    [InlineData("version=%201")]
    [InlineData("version=")]
    [InlineData("version")]
    [InlineData("version=1&version=2")]
    [InlineData("Version=1")]
    [InlineData("verison=1")]
    [InlineData("at=")]
    [InlineData("at=now")]
    [InlineData("at=1767225600")]
    [InlineData("at=2026-01-01")]
    [InlineData("at=2026-01-01T00:00:00")]
    [InlineData("at=2026-02-30T00:00:00Z")]
    [InlineData("at=2026-01-01T24:00:00Z")]
    [InlineData("at=2026-01-01T00:00:60Z")]
    [InlineData("at=0000-01-01T00:00:00Z")]
    [InlineData("at=99999-01-01T00:00:00Z")]
    [InlineData("at=0001-01-01T00:00:00%2B14:00")]
    [InlineData("at=9999-12-31T23:59:59-14:00")]
    [InlineData("at=2026-01-01T00:00:00+01:00")]
    public async Task A_query_that_is_not_understood_is_an_invalid_request(string query) =>
        (await _server.Operator.GetAsync($"/v1/secrets/a?{query}")).IsProblem(400, "invalid_request");

    private async Task<string?> At(DateTimeOffset moment)
    {
        var answer = await _server.Operator.GetAsync($"/v1/secrets/a?at={moment.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}");
        if (answer.Status == 200) return answer.Json.GetProperty("value").GetString();
        answer.IsProblem(404, "not_found");
        return null;
    }
}
