using Mill.Core.Model;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class RetentionTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Everything_is_kept_unless_said_otherwise()
    {
        var answer = (await Operator.GetAsync("/v1/retention")).Is(200);
        Assert.Equal("""{"max_versions":null,"max_age":null}""", answer.Text);
        await SetAsync(5);
        _server.Time.Advance(365 * Day);
        Assert.Equal([5, 4, 3, 2, 1], await Versions());
    }

    [Fact]
    public async Task A_limit_on_versions_holds_for_what_is_there_and_for_what_comes()
    {
        await SetAsync(5);
        (await Operator.SendAsync("PUT", "/v1/retention", new { max_versions = 2 })).Is(200);
        _server.Time.Advance(TimeSpan.FromMinutes(1));
        await _server.UntilAsync(state => state.Secrets(TenantId.Default).VersionCount == 2);
        Assert.Equal([5, 4], await Versions());

        await Operator.PutAsync("a", "six");
        Assert.Equal([6, 5], await Versions());
        (await Operator.GetAsync("/v1/secrets/a?version=1")).IsProblem(404, "not_found");
        Assert.Equal("[]", (await Operator.SendAsync("POST", "/v1/verify")).Is(200).Json.GetProperty("problems").GetRawText());
    }

    [Fact]
    public async Task A_limit_on_age_counts_from_the_end_of_a_versions_validity()
    {
        (await Operator.SendAsync("PUT", "/v1/retention", new { max_age = "24h" })).Is(200);
        await Operator.PutAsync("a", "1");
        _server.Time.Advance(2 * Day);
        await Operator.PutAsync("a", "2");
        _server.Time.Advance(Day - TimeSpan.FromMinutes(2));
        Assert.Equal([2, 1], await Versions());
        _server.Time.Advance(TimeSpan.FromMinutes(3));
        await _server.UntilAsync(state => state.Secrets(TenantId.Default).VersionCount == 1);
        Assert.Equal([2], await Versions());
    }

    [Fact]
    public async Task A_deleted_secret_ages_away_and_its_numbers_are_not_used_again()
    {
        await SetAsync(3);
        await Operator.DeleteAsync("a");
        (await Operator.SendAsync("PUT", "/v1/retention", new { max_age = "1h" })).Is(200);
        _server.Time.Advance(TimeSpan.FromHours(2));
        await _server.UntilAsync(state => state.Secrets(TenantId.Default).VersionCount == 0);
        (await Operator.GetAsync("/v1/secrets/a/history")).IsProblem(404, "not_found");
        Assert.Equal(4, (await Operator.PutAsync("a", "again")).Version);
        Assert.Equal("[]", (await Operator.SendAsync("POST", "/v1/verify")).Is(200).Json.GetProperty("problems").GetRawText());
    }

    [Fact]
    public async Task It_belongs_to_one_tenant_and_can_be_taken_back()
    {
        (await Operator.In("other").SendAsync("PUT", "/v1/retention", new { max_versions = 1, max_age = "7d" })).Is(200);
        Assert.Equal("""{"max_versions":null,"max_age":null}""", (await Operator.GetAsync("/v1/retention")).Text);
        Assert.Equal("""{"max_versions":1,"max_age":"7d"}""", (await Operator.In("other").GetAsync("/v1/retention")).Text);
        await Operator.In("other").SendAsync("PUT", "/v1/retention", "{}");
        Assert.Equal("""{"max_versions":null,"max_age":null}""", (await Operator.In("other").GetAsync("/v1/retention")).Text);
    }

    [Theory]
    [InlineData("""{"max_versions":0}""")]
    [InlineData("""{"max_versions":-1}""")]
    [InlineData("""{"max_versions":"3"}""")]
    [InlineData("""{"max_age":"0s"}""")]
    [InlineData("""{"max_age":""}""")]
    [InlineData("""{"max_age":"h"}""")]
    [InlineData("""{"max_age":"-1h"}""")]
    [InlineData("""{"max_age":"1w"}""")]
    [InlineData("""{"max_age":"1.5h"}""")]
    [InlineData("""{"max_age":"9999999999d"}""")]
    [InlineData("""{"max_age":3600}""")]
    [InlineData("""{"max_ages":"1h"}""")]
    public async Task What_is_no_retention_is_an_invalid_request(string body) => (await Operator.SendAsync("PUT", "/v1/retention", body)).IsProblem(400, "invalid_request");

    private async Task SetAsync(int count)
    {
        for (var value = 1; value <= count; value++) await Operator.PutAsync("a", $"value {value}");
    }

    private async Task<List<int>> Versions() =>
        [.. (await Operator.GetAsync("/v1/secrets/a/history")).Is(200).Json.GetProperty("versions").EnumerateArray().Select(item => item.GetProperty("version").GetInt32())];
}
