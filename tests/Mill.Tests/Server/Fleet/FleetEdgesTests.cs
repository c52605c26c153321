using Mill.Core.Fleet;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>What is at the edge of what can be asked of a fleet.</summary>
public sealed class FleetEdgesTests
{
    [Theory]
    [InlineData("GET", "/v1/nodes")]
    [InlineData("GET", "/v1/services")]
    [InlineData("GET", "/v1/services/web")]
    [InlineData("POST", "/v1/services/web/restart")]
    [InlineData("GET", "/v1/templates")]
    [InlineData("GET", "/v1/tasks")]
    [InlineData("GET", "/v1/tasks/job-1")]
    [InlineData("POST", "/v1/tasks")]
    [InlineData("DELETE", "/v1/tasks/job-1")]
    [InlineData("GET", "/v1/logs/web")]
    [InlineData("POST", "/v1/plan")]
    [InlineData("GET", "/v1/deploys")]
    [InlineData("POST", "/v1/deploys")]
    [InlineData("GET", "/v1/deploys/1/events")]
    [InlineData("POST", "/v1/deploys/1/abort")]
    [InlineData("GET", "/v1/rollback")]
    [InlineData("POST", "/v1/rollback")]
    [InlineData("POST", "/v1/nodes/n1/drain")]
    [InlineData("POST", "/v1/nodes/n1/undrain")]
    public async Task Nobody_is_answered_without_a_token_that_is_right(string method, string path)
    {
        await using var server = await TestServer.StartAsync(new());
        foreach (var token in new[] { null, "wrong", server.OperatorToken[..^1] + (server.OperatorToken[^1] is 'A' ? 'B' : 'A') })
        {
            (await server.As(token).SendAsync(method, path, method is "POST" ? "{}" : null)).IsProblem(401, "unauthenticated");
        }
    }

    [Fact]
    public async Task A_replica_that_runs_and_is_not_healthy_does_not_count_as_one()
    {
        await using var fleet = await FleetServer.StartAsync();
        await fleet.DeployAsync(FleetServer.File(more: "replicas = 2"));
        var sick = fleet.Server.Now().Fleet.AllocsOf("web").First().Id;
        var usual = fleet.Node.Become;
        fleet.Node.Become = alloc => alloc.Id == sick ? usual(alloc) with { Status = AllocStatus.Running, Reason = "GET / was answered with 500" } : usual(alloc);
        await fleet.Node.UntilAsync(state => state.Allocs[sick].Status is AllocStatus.Running);

        var service = (await fleet.Operator.GetAsync("/v1/services/web")).Is(200).Json;
        Assert.Equal("""{"desired":2,"healthy":1}""", service.GetProperty("replicas").GetRawText());
        Assert.Equal("running", service.GetProperty("allocations").EnumerateArray().Single(alloc => alloc.GetProperty("id").GetString() == sick).GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_last_200_lines_are_told_where_nobody_says_how_many()
    {
        await using var fleet = await FleetServer.StartAsync();
        await fleet.DeployAsync(FleetServer.File());
        var id = fleet.Server.Now().Fleet.AllocsOf("web").Single().Id;
        var start = fleet.Server.Time.GetUtcNow();
        foreach (var number in Enumerable.Range(0, 250)) fleet.Logs.Write(id, start.AddMilliseconds(number), $"line {number}");

        using var log = await SseReader.OpenAsync(fleet.Server, "/v1/logs/web");
        Assert.Equal(Enumerable.Range(50, 200).Select(number => $"line {number}"), (await log.RestAsync()).SkipLast(1).Select(one => one.Data.GetProperty("line").GetString()));
    }

    [Fact]
    public async Task Where_no_node_runs_containers_a_deploy_is_refused_and_says_so()
    {
        await using var server = await TestServer.StartAsync(new());
        var problem = (await server.Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).IsProblem(422, "invalid_spec");
        Assert.Contains("No node of the cluster runs containers.", problem.Text, StringComparison.Ordinal);
        Assert.Equal("""{"deploys":[]}""", (await server.Operator.GetAsync("/v1/deploys")).Is(200).Text);
    }

    [Theory]
    [InlineData("/v1/plan")]
    [InlineData("/v1/deploys")]
    public async Task A_volume_that_is_to_be_kept_is_refused_where_it_is_planned_too_and_nothing_changes(string path)
    {
        await using var fleet = await FleetServer.StartAsync();
        var revision = fleet.Server.Now().Revision;
        var problem = (await fleet.Operator.SendAsync("POST", path, FleetServer.File(more: "volume \"data\" {\n path = \"/data\"\n size = \"1Gi\"\n }"))).IsProblem(422, "invalid_spec");

        Assert.Equal("service \"web\" has the volume \"data\", and volumes that are kept are not there yet. Write ephemeral = true for one that is not.", problem.Json.GetProperty("detail").GetString());
        Assert.Equal(revision, fleet.Server.Now().Revision);
    }

    [Fact]
    public async Task A_service_that_waits_for_its_own_address_is_refused()
    {
        await using var fleet = await FleetServer.StartAsync();
        var problem = (await fleet.Operator.SendAsync("POST", "/v1/deploys", FleetServer.File(more: "env { ME = \"${service.web.address}\" }"))).IsProblem(422, "invalid_spec");
        Assert.Contains("web → web", problem.Text.Replace("\\u2192", "→", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
