using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Specs;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Plans and deploys over HTTP.</summary>
public sealed class DeployTests : IAsyncLifetime
{
    private FleetServer _fleet = null!;

    private Api Operator => _fleet.Operator;

    public async Task InitializeAsync() => _fleet = await FleetServer.StartAsync();

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task A_plan_says_what_would_change_and_where_and_changes_nothing()
    {
        var revision = _fleet.Server.Now().Revision;
        var plan = (await Operator.SendAsync("POST", "/v1/plan?file=app.mill", FleetServer.File())).Is(200).Json;
        Assert.Equal("""{"services":[{"name":"web","kind":"add","differences":[],"nodes":["n1"]}],"tasks":[{"name":"job","kind":"add","differences":[]}]}""", plan.GetRawText());
        Assert.Equal(revision, _fleet.Server.Now().Revision);

        await _fleet.DeployAsync(FleetServer.File());
        var next = (await Operator.SendAsync("POST", "/v1/plan", FleetServer.File("web:2"))).Is(200).Json.GetProperty("services")[0];
        Assert.Equal("change", next.GetProperty("kind").GetString());
        Assert.Equal("""[{"path":"container.image","before":"web:1","after":"web:2"}]""", next.GetProperty("differences").GetRawText());
        Assert.Equal("none", (await Operator.SendAsync("POST", "/v1/plan", FleetServer.File())).Is(200).Json.GetProperty("services")[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_plan_shows_the_places_of_routes_and_volumes_and_the_order_of_an_update()
    {
        const string More = "route \"www.example.com\" { path = \"/\" }\n volume \"cache\" {\n path = \"/cache\"\n ephemeral = true\n }\n update { order = \"stop_first\" }";
        var added = (await Operator.SendAsync("POST", "/v1/plan", FleetServer.File(more: More))).Is(200).Json.GetProperty("services")[0];
        Assert.Equal("""[{"host":"www.example.com","path":"/","served":false}]""", added.GetProperty("routes").GetRawText());
        Assert.Equal("""[{"name":"cache","path":"/cache","ephemeral":true}]""", added.GetProperty("volumes").GetRawText());
        Assert.False(added.TryGetProperty("order", out _));

        await _fleet.DeployAsync(FleetServer.File(more: More));
        var changed = (await Operator.SendAsync("POST", "/v1/plan", FleetServer.File("web:2", More))).Is(200).Json.GetProperty("services")[0];
        Assert.Equal(("stop_first", false), (changed.GetProperty("order").GetString(), changed.TryGetProperty("routes", out _)));
    }

    [Fact]
    public async Task Images_are_fetched_first_and_that_is_told()
    {
        await _fleet.DeployAsync(FleetServer.File());
        var allocs = (await _fleet.DeployAsync(FleetServer.File("web:2"))).Json.GetProperty("steps")[0].GetProperty("allocs").EnumerateArray().Select(alloc => (alloc.GetProperty("kind").GetString(), alloc.GetProperty("status").GetString())).ToList();
        Assert.Equal([("pull", "stopped"), ("service", "healthy")], allocs);
    }

    [Fact]
    public async Task An_operator_of_the_default_tenant_can_stop_the_deploy_of_another_and_nobody_else_can()
    {
        var other = await _fleet.Server.MakeAsync("deployer", "other");
        (await other.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        (await (await _fleet.Server.MakeAsync("deployer")).SendAsync("POST", "/v1/deploys/1/abort")).IsProblem(404, "not_found");
        (await (await _fleet.Server.MakeAsync("operator", "third")).SendAsync("POST", "/v1/deploys/1/abort")).IsProblem(404, "not_found");
        Assert.Equal(1, (await Operator.SendAsync("POST", "/v1/deploys/1/abort")).Is(202).Json.GetProperty("number").GetInt32());
        await _fleet.Node.UntilIdleAsync();
        Assert.Equal("aborted", (await other.GetAsync("/v1/deploys/1")).Json.GetProperty("outcome").GetString());
        Assert.Equal("aborted", (await Operator.GetAsync("/v1/deploys/1")).Json.GetProperty("outcome").GetString());
        Assert.Empty(Numbers(await Operator.GetAsync("/v1/deploys")));
    }

    [Fact]
    public async Task Nothing_where_something_belongs_is_no_fault_of_the_server()
    {
        (await Operator.SendAsync("POST", "/v1/deploys", """{"services":[null],"tasks":[],"registries":[]}""")).IsProblem(422, "invalid_spec");
        (await Operator.SendAsync("POST", "/v1/plan", """{"services":[],"tasks":[null],"registries":[null]}""")).IsProblem(422, "invalid_spec");
        (await Operator.SendAsync("POST", "/v1/tasks", """{"image":"a","command":[null]}""")).IsProblem(422, "invalid_spec");
        (await Operator.SendAsync("POST", "/v1/tasks", """{"image":"a","env":{"A":null}}""")).IsProblem(422, "invalid_spec");
    }

    [Fact]
    public async Task A_deploy_begins_at_once_and_is_done_when_what_it_says_runs()
    {
        var begun = (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        Assert.Equal("/v1/deploys/1", begun.Header("Location"));
        Assert.Equal(("running", "dev"), (begun.Json.GetProperty("outcome").GetString(), begun.Json.GetProperty("by").GetString()));

        await _fleet.Node.UntilIdleAsync();
        var deploy = (await Operator.GetAsync("/v1/deploys/1")).Is(200).Json;
        Assert.Equal("done", deploy.GetProperty("outcome").GetString());
        var step = deploy.GetProperty("steps")[0];
        Assert.Equal(("web", "add", "done"), (step.GetProperty("service").GetString(), step.GetProperty("kind").GetString(), step.GetProperty("phase").GetString()));
        var alloc = step.GetProperty("allocs")[0];
        Assert.Equal(("n1", "healthy"), (alloc.GetProperty("node").GetString(), alloc.GetProperty("status").GetString()));
        Assert.Equal([1], Numbers(await Operator.GetAsync("/v1/deploys")));
    }

    [Fact]
    public async Task The_same_can_be_said_as_JSON()
    {
        var spec = MillFile.Read(new("app.mill", FleetServer.File()));
        (await Operator.SendAsync("POST", "/v1/deploys", JsonSerializer.Serialize(spec, SpecJson.Default.DeploySpec))).Is(202);
        await _fleet.Node.UntilIdleAsync();
        Assert.Equal("none", (await Operator.SendAsync("POST", "/v1/plan", FleetServer.File())).Json.GetProperty("services")[0].GetProperty("kind").GetString());
        (await Operator.SendAsync("POST", "/v1/deploys", """{"services":[]}""")).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task What_is_wrong_with_a_file_is_told_by_line_and_column_all_at_once()
    {
        foreach (var path in new[] { "/v1/plan?file=app.mill", "/v1/deploys?file=app.mill" })
        {
            var problem = (await Operator.SendAsync("POST", path, "service \"web\" {\n  image = 1\n  prot = 80\n}\n")).IsProblem(422, "invalid_spec");
            var places = problem.Json.GetProperty("errors").EnumerateArray().Select(error => (error.GetProperty("file").GetString(), error.GetProperty("line").GetInt32())).ToHashSet();
            Assert.Superset(new HashSet<(string?, int)> { ("app.mill", 2), ("app.mill", 3) }, places);
        }
        (await Operator.SendAsync("POST", "/v1/deploys", "")).IsProblem(400, "invalid_request");
        (await Operator.SendAsync("POST", "/v1/deploys", new byte[] { (byte)'a', 0xff })).IsProblem(422, "invalid_spec");
        (await Operator.SendAsync("POST", "/v1/deploys?flie=x", FleetServer.File())).IsProblem(400, "invalid_request");
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File(more: "cpu = 5"))).IsProblem(422, "invalid_spec");
        Assert.Empty(Numbers(await Operator.GetAsync("/v1/deploys")));
    }

    [Fact]
    public async Task Secrets_have_to_be_there_for_whoever_deploys()
    {
        var file = FleetServer.File(more: "env { DB = \"${secret(app/db)}\" }");
        await Operator.PutAsync("app/db", "canary");
        var deployer = await _fleet.Server.MakeAsync("deployer", deny: ["app/*"]);
        foreach (var path in new[] { "/v1/plan", "/v1/deploys" })
        {
            var unseen = (await deployer.SendAsync("POST", path, file)).IsProblem(422, "unresolved_references");
            var missing = (await Operator.SendAsync("POST", path, file.Replace("app/db", "nothing/like/it", StringComparison.Ordinal))).IsProblem(422, "unresolved_references");
            // What is there and not for them looks as what is not there.
            Assert.Equal(ProblemOf(missing), ProblemOf(unseen).Replace("app/db", "nothing/like/it", StringComparison.Ordinal));
            Assert.Equal("secret \"app/bd\" not found (referenced by service \"web\"). Did you mean app/db?", ProblemOf(await Operator.SendAsync("POST", path, file.Replace("app/db", "app/bd", StringComparison.Ordinal))));
            Assert.DoesNotContain("Did you mean", ProblemOf(await deployer.SendAsync("POST", path, file.Replace("app/db", "app/bd", StringComparison.Ordinal))), StringComparison.Ordinal);
        }
        await _fleet.DeployAsync(file, await _fleet.Server.MakeAsync("deployer"));
        Assert.Equal(1, _fleet.Server.Now().Fleet.Services["web"].Version);
        await _fleet.Server.Operator.DeleteAsync("app/db");
        (await Operator.SendAsync("POST", "/v1/rollback", new { to = 1 })).IsProblem(422, "unresolved_references");
    }

    [Fact]
    public async Task One_deploy_at_a_time_and_it_can_be_stopped()
    {
        await _fleet.DeployAsync(FleetServer.File());
        _fleet.Node.Become = static alloc => new() { Id = alloc.Id, Status = alloc.IsStopping ? AllocStatus.Stopped : alloc.Version is 1 ? AllocStatus.Healthy : AllocStatus.Running, StartedAt = alloc.CreatedAt };
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File("web:2"))).Is(202);
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File("web:3"))).IsProblem(409, "deploy_in_progress");
        (await Operator.SendAsync("POST", "/v1/services/web/restart")).IsProblem(409, "deploy_in_progress");
        (await Operator.SendAsync("POST", "/v1/rollback", "{}")).Is(409);

        (await Operator.SendAsync("POST", "/v1/deploys/2/abort")).Is(202);
        await _fleet.Node.UntilIdleAsync();
        Assert.Equal("aborted", (await Operator.GetAsync("/v1/deploys/2")).Json.GetProperty("outcome").GetString());
        Assert.Equal("web:1", (await Operator.GetAsync("/v1/services/web")).Json.GetProperty("image").GetString());
        (await Operator.SendAsync("POST", "/v1/deploys/2/abort")).IsProblem(412, "precondition_failed");
        (await Operator.SendAsync("POST", "/v1/deploys/9/abort")).IsProblem(404, "not_found");
        (await Operator.SendAsync("POST", "/v1/deploys/x/abort")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task What_fails_is_taken_back_with_its_cause_and_last_lines()
    {
        await _fleet.DeployAsync(FleetServer.File());
        var usual = _fleet.Node.Become;
        _fleet.Node.Become = alloc => alloc.Version is 1 || alloc.IsStopping ? usual(alloc) : new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "it does not start", LastLines = ["no database"] };
        var failed = (await _fleet.DeployAsync(FleetServer.File("web:2"))).Json;

        Assert.Equal("failed", failed.GetProperty("outcome").GetString());
        var step = failed.GetProperty("steps")[0];
        Assert.Contains("it does not start", step.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("no database", step.GetProperty("last_lines")[0].GetString());
        var service = (await Operator.GetAsync("/v1/services/web")).Json;
        Assert.Equal(("web:1", 1), (service.GetProperty("image").GetString(), service.GetProperty("replicas").GetProperty("healthy").GetInt32()));
    }

    [Fact]
    public async Task A_rollback_goes_back_and_a_restart_makes_the_containers_anew()
    {
        (await Operator.SendAsync("POST", "/v1/rollback", "{}")).IsProblem(404, "not_found");
        await _fleet.DeployAsync(FleetServer.File());
        await _fleet.DeployAsync(FleetServer.File("web:2"));
        var back = (await Operator.SendAsync("POST", "/v1/rollback", "{}")).Is(202);
        Assert.Equal(("rollback", 1), (back.Json.GetProperty("kind").GetString(), back.Json.GetProperty("back_to").GetInt32()));
        await _fleet.Node.UntilIdleAsync();
        Assert.Equal("web:1", (await Operator.GetAsync("/v1/services/web")).Json.GetProperty("image").GetString());

        var before = Alloc(await Operator.GetAsync("/v1/services/web"));
        Assert.Equal("restart", (await Operator.SendAsync("POST", "/v1/services/web/restart")).Is(202).Json.GetProperty("kind").GetString());
        await _fleet.Node.UntilIdleAsync();
        Assert.NotEqual(before, Alloc(await Operator.GetAsync("/v1/services/web")));
        (await Operator.SendAsync("POST", "/v1/services/none/restart")).IsProblem(404, "not_found");
        (await Operator.SendAsync("POST", "/v1/rollback", new { to = 99 })).IsProblem(404, "not_found");
        (await Operator.SendAsync("POST", "/v1/rollback", """{"back":1}""")).IsProblem(400, "invalid_request");
        Assert.Equal([4, 3, 2, 1], Numbers(await Operator.GetAsync("/v1/deploys")));
    }

    [Fact]
    public async Task A_write_that_is_sent_again_under_its_key_is_applied_once()
    {
        var key = ("Idempotency-Key", "deploy-1");
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File(), key)).Is(202);
        var again = (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File(), key)).Is(202);
        Assert.Equal(("true", "/v1/deploys/1"), (again.Header("Mill-Replayed"), again.Header("Location")));
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File("web:2"), key)).IsProblem(409, "idempotency_mismatch");
        await _fleet.Node.UntilIdleAsync();
        (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" }, ("Idempotency-Key", "job"))).Is(201);
        (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" }, ("Idempotency-Key", "job"))).Is(201);
        Assert.Equal(1, (await Operator.GetAsync("/v1/tasks")).Json.GetProperty("tasks").GetArrayLength());
    }

    [Fact]
    public async Task A_deploy_is_followed_to_its_end()
    {
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        using var events = await SseReader.OpenAsync(_fleet.Server, "/v1/deploys/1/events");
        var first = (await events.NextAsync())!.Value;
        Assert.Equal(("progress", "running"), (first.Type, first.Data.GetProperty("outcome").GetString()));

        await _fleet.Node.UntilIdleAsync();
        var all = await events.RestAsync();
        Assert.Equal(("done", "done"), (all[^1].Type, all[^1].Data.GetProperty("outcome").GetString()));
        Assert.All(all.SkipLast(1), one => Assert.Equal(("progress", "running"), (one.Type, one.Data.GetProperty("outcome").GetString())));

        using var late = await SseReader.OpenAsync(_fleet.Server, "/v1/deploys/1/events");
        Assert.Equal(["done"], (await late.RestAsync()).Select(one => one.Type));
        (await Operator.GetAsync("/v1/deploys/2/events")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task How_much_of_an_image_is_there_is_told_as_it_comes()
    {
        _fleet.Node.Become = static alloc => new() { Id = alloc.Id, Status = AllocStatus.Pulling };
        (await Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        var id = (await _fleet.Node.UntilAsync(fleet => fleet.Allocs.Count > 0)).Allocs.Keys.Single();
        _fleet.Node.Pulls = [new(id, "web:1", 10, 100)];
        await _fleet.Node.ReportAsync();

        var pull = (await Operator.GetAsync("/v1/deploys/1")).Json.GetProperty("steps")[0].GetProperty("allocs")[0].GetProperty("pull");
        Assert.Equal((10, 100), (pull.GetProperty("done").GetInt32(), pull.GetProperty("total").GetInt32()));
    }

    private static string ProblemOf(Answer answer) => answer.Json.GetProperty("errors")[0].GetProperty("detail").GetString()!;

    private static List<int> Numbers(Answer answer) => [.. answer.Is(200).Json.GetProperty("deploys").EnumerateArray().Select(deploy => deploy.GetProperty("number").GetInt32())];

    private static string? Alloc(Answer answer) => answer.Is(200).Json.GetProperty("allocations")[0].GetProperty("id").GetString();
}
