using Mill.Core.Fleet;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>What is told before somebody goes back, and of what a deploy left behind elsewhere.</summary>
public sealed class BackAndForthTests : IAsyncLifetime
{
    private FleetServer _fleet = null!;

    private Api Operator => _fleet.Operator;

    public async Task InitializeAsync() => _fleet = await FleetServer.StartAsync();

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task What_going_back_would_do_is_told_and_nothing_is_done()
    {
        (await Operator.GetAsync("/v1/rollback")).IsProblem(404, "not_found");
        await _fleet.DeployAsync(FleetServer.File());
        await _fleet.DeployAsync(FleetServer.File() + "\nservice \"more\" { image = \"more:1\" }");
        var revision = _fleet.Server.Now().Revision;
        var plan = (await Operator.GetAsync("/v1/rollback")).Is(200).Json;
        Assert.Equal((1, "more", "remove"), (plan.GetProperty("back_to").GetInt32(), plan.GetProperty("services")[0].GetProperty("name").GetString(), plan.GetProperty("services")[0].GetProperty("kind").GetString()));
        Assert.Equal(2, (await Operator.GetAsync("/v1/rollback?to=2")).Is(200).Json.GetProperty("back_to").GetInt32());
        (await Operator.GetAsync("/v1/rollback?to=9")).IsProblem(404, "not_found");
        (await Operator.GetAsync("/v1/rollback?to=x")).IsProblem(400, "invalid_request");
        Assert.Equal(revision, _fleet.Server.Now().Revision);
    }

    [Fact]
    public async Task Whoever_was_told_an_address_where_nothing_listens_any_more_is_named()
    {
        var usual = _fleet.Node.Become;
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        _fleet.Node.Become = alloc => usual(alloc) with
        {
            Address = alloc.IsStopping ? null : $"127.0.0.1:{PortOf(alloc.Id)}",
            Addresses = alloc.Addresses ?? (alloc.Name is "web" ? new Dictionary<string, string> { ["api"] = _fleet.Server.Now().Fleet.AllocsOf("api").First(api => api.IsWanted).Address! } : null),
        };
        await _fleet.DeployAsync(File("api:1"));
        Assert.False((await WebAsync()).TryGetProperty("outdated_addresses", out _));
        await _fleet.DeployAsync(File("api:2"));
        Assert.Equal("""["api"]""", (await WebAsync()).GetProperty("outdated_addresses").GetRawText());

        (await Operator.SendAsync("POST", "/v1/services/web/restart")).Is(202);
        await _fleet.Node.UntilIdleAsync();
        Assert.False((await WebAsync()).TryGetProperty("outdated_addresses", out _));

        int PortOf(string id) => ports.TryAdd(id, 20001 + ports.Count) ? 20000 + ports.Count : ports[id];

        static string File(string image) => $$"""
            service "api" {
              image = "{{image}}"
              port = 80
            }
            service "web" {
              image = "web:1"
              env { API = "${service.api.address}" }
            }
            """;
    }

    [Fact]
    public async Task A_template_says_what_became_of_the_last_one()
    {
        await _fleet.DeployAsync(FleetServer.File());
        Assert.False((await TemplateAsync()).TryGetProperty("last_at", out _));
        (await Operator.SendAsync("POST", "/v1/tasks", """{"task":"job"}""")).Is(201);
        _fleet.Node.Become = alloc => new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1, Reason = "it ended with 1" };
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs.Values.Any(alloc => alloc is { Kind: AllocKind.Task, IsTerminal: true }));
        var template = await TemplateAsync();
        Assert.Equal(("failed", "it ended with 1", true), (template.GetProperty("last_status").GetString(), template.GetProperty("last_reason").GetString(), template.TryGetProperty("last_at", out _)));
    }

    private async Task<System.Text.Json.JsonElement> TemplateAsync() => (await Operator.GetAsync("/v1/templates")).Is(200).Json.GetProperty("templates")[0];

    private async Task<System.Text.Json.JsonElement> WebAsync() => (await Operator.GetAsync("/v1/services/web")).Is(200).Json.GetProperty("allocations")[0];
}
