using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Services, tasks, nodes and logs over HTTP.</summary>
public sealed class RunningTests : IAsyncLifetime
{
    private FleetServer _fleet = null!;

    private Api Operator => _fleet.Operator;

    public async Task InitializeAsync()
    {
        _fleet = await FleetServer.StartAsync();
        await Operator.PutAsync("db", "canary");
        await _fleet.DeployAsync(FleetServer.File(more: "replicas = 2\n  env { DB = \"${secret(db)}\" }"));
    }

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task A_service_shows_what_runs_of_it_and_what_that_takes()
    {
        var id = _fleet.Server.Now().Fleet.AllocsOf("web").First().Id;
        _fleet.Node.Usage = [new(id, 0.5, 1000)];
        await _fleet.Node.ReportAsync();
        var service = (await Operator.GetAsync("/v1/services/web")).Is(200).Json;

        Assert.Equal(("web:1", 1), (service.GetProperty("image").GetString(), service.GetProperty("version").GetInt32()));
        Assert.Equal("""{"desired":2,"healthy":2}""", service.GetProperty("replicas").GetRawText());
        var alloc = service.GetProperty("allocations").EnumerateArray().Single(one => one.GetProperty("id").GetString() == id);
        Assert.Equal(("n1", "healthy", "127.0.0.1:20001"), (alloc.GetProperty("node").GetString(), alloc.GetProperty("status").GetString(), alloc.GetProperty("address").GetString()));
        Assert.Equal("""{"cpu":0.5,"memory":1000}""", alloc.GetProperty("usage").GetRawText());
        Assert.False(alloc.TryGetProperty("outdated_secrets", out _));
        Assert.Equal(service.GetRawText(), (await Operator.GetAsync("/v1/services")).Json.GetProperty("services")[0].GetRawText());
        (await Operator.GetAsync("/v1/services/wep")).IsProblem(404, "not_found");
        (await Operator.GetAsync("/v1/services?al=true")).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task What_holds_an_old_value_says_so_to_those_who_may_know_the_secret()
    {
        await Operator.PutAsync("db", "canary 2");
        Assert.Equal("""["db"]""", Allocs(await Operator.GetAsync("/v1/services/web"))[0].GetProperty("outdated_secrets").GetRawText());
        var reader = await _fleet.Server.MakeAsync("reader", deny: ["db"]);
        Assert.False(Allocs(await reader.GetAsync("/v1/services/web"))[0].TryGetProperty("outdated_secrets", out _));

        (await Operator.SendAsync("POST", "/v1/services/web/restart")).Is(202);
        var usual = _fleet.Node.Become;
        _fleet.Node.Become = alloc => usual(alloc) with { SecretVersions = new Dictionary<string, int> { ["db"] = alloc.Version is 1 ? 1 : 2 } };
        await _fleet.Node.UntilIdleAsync();
        Assert.All(Allocs(await Operator.GetAsync("/v1/services/web")), alloc => Assert.False(alloc.TryGetProperty("outdated_secrets", out _)));
    }

    [Fact]
    public async Task What_has_ended_is_shown_where_it_is_asked_for()
    {
        (await Operator.SendAsync("POST", "/v1/services/web/restart")).Is(202);
        await _fleet.Node.UntilIdleAsync();
        Assert.Equal(2, Allocs(await Operator.GetAsync("/v1/services/web")).Count);
        Assert.Equal(4, Allocs(await Operator.GetAsync("/v1/services/web?all=true")).Count);
    }

    [Fact]
    public async Task A_task_of_the_file_is_started_shown_and_ended()
    {
        var templates = (await Operator.GetAsync("/v1/templates")).Is(200);
        Assert.Equal("""{"templates":[{"name":"job","image":"job:1","timeout":"30m"}],"totals":[]}""", templates.Text);
        var made = (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job", env = new { MODE = "some", MORE = "${secret(db)}" } })).Is(201);
        var id = made.Json.GetProperty("id").GetString()!;
        Assert.Equal($"/v1/tasks/{id}", made.Header("Location"));
        Assert.Equal(("job", "n1", "pulling", "dev"), (made.Json.GetProperty("name").GetString(), made.Json.GetProperty("node").GetString(), made.Json.GetProperty("status").GetString(), made.Json.GetProperty("by").GetString()));
        Assert.Equal("MODE=some MORE=${secret(db)}", string.Join(' ', _fleet.Server.Now().Fleet.Allocs[id].Container.Env.OrderBy(one => one.Key).Select(one => $"{one.Key}={one.Value}")));

        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[id].Status is AllocStatus.Running);
        Assert.Equal("running", (await Operator.GetAsync($"/v1/tasks/{id}")).Is(200).Json.GetProperty("status").GetString());
        Assert.Equal(1, (await Operator.GetAsync("/v1/tasks")).Json.GetProperty("tasks").GetArrayLength());
        Assert.True((await Operator.SendAsync("DELETE", $"/v1/tasks/{id}")).Is(202).Json.GetProperty("stopping").GetBoolean());
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[id].IsTerminal);
        Assert.Equal("stopped", (await Operator.SendAsync("DELETE", $"/v1/tasks/{id}")).Is(202).Json.GetProperty("status").GetString());
        Assert.Equal(0, (await Operator.GetAsync("/v1/tasks")).Json.GetProperty("tasks").GetArrayLength());
        Assert.Equal(1, (await Operator.GetAsync("/v1/tasks?all=true")).Json.GetProperty("tasks").GetArrayLength());
    }

    [Fact]
    public async Task A_task_may_be_any_image_and_what_it_ended_with_is_told()
    {
        _fleet.Node.Become = static alloc => new() { Id = alloc.Id, Status = alloc.Kind is AllocKind.Task ? AllocStatus.Failed : AllocStatus.Healthy, ExitCode = 3, LastLines = ["why"] };
        var made = (await Operator.SendAsync("POST", "/v1/tasks", new { image = "tool:1", command = new[] { "run" }, cpu = 0.5, memory = "64M", timeout = "1m" })).Is(201).Json;
        Assert.Equal((0.5m, 64_000_000), (made.GetProperty("cpu").GetDecimal(), made.GetProperty("memory").GetInt64()));
        var id = made.GetProperty("id").GetString()!;
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[id].IsTerminal);
        var ended = (await Operator.GetAsync($"/v1/tasks/{id}")).Json;
        Assert.Equal(("failed", 3, "why"), (ended.GetProperty("status").GetString(), ended.GetProperty("exit_code").GetInt32(), ended.GetProperty("last_lines")[0].GetString()));
    }

    [Fact]
    public async Task What_is_not_said_of_a_task_is_as_usual_and_its_timeout_can_be_another()
    {
        var any = (await Operator.SendAsync("POST", "/v1/tasks", new { image = "tool:1" })).Is(201).Json;
        Assert.Equal(("run", "n1", "pulling", 0.25m, 256_000_000), (any.GetProperty("name").GetString(), any.GetProperty("node").GetString(), any.GetProperty("status").GetString(), any.GetProperty("cpu").GetDecimal(), any.GetProperty("memory").GetInt64()));
        Assert.Equal(TimeSpan.FromHours(1), TimeoutOf(any));
        Assert.Equal(TimeSpan.FromMinutes(30), TimeoutOf((await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" })).Is(201).Json));
        Assert.Equal(TimeSpan.FromMinutes(5), TimeoutOf((await Operator.SendAsync("POST", "/v1/tasks", new { task = "job", timeout = "5m" })).Is(201).Json));

        TimeSpan? TimeoutOf(JsonElement task) => _fleet.Server.Now().Fleet.Allocs[task.GetProperty("id").GetString()!].Timeout;
    }

    [Fact]
    public async Task Tasks_are_counted_by_their_name_and_how_long_they_took()
    {
        for (var i = 0; i < 3; i++) (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" })).Is(201);
        var id = (await Operator.SendAsync("POST", "/v1/tasks", new { image = "tool:1" })).Is(201).Json.GetProperty("id").GetString()!;
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[id].Status is AllocStatus.Running);
        await Operator.SendAsync("DELETE", $"/v1/tasks/{id}");
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[id].IsTerminal);

        var totals = (await Operator.GetAsync("/v1/templates")).Json.GetProperty("totals").EnumerateArray().ToList();
        Assert.Equal(["job 3 3", "run 0 1"], totals.Select(one => $"{one.GetProperty("name")} {one.GetProperty("running")} {one.GetProperty("started_within_day")}"));
        Assert.False(totals[0].TryGetProperty("average_seconds", out _));
        Assert.True(totals[1].GetProperty("average_seconds").GetDouble() > 0);
        Assert.Contains("mill_tasks_spawned_total{task=\"job\"} 3\n", (await Operator.GetAsync("/v1/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_looks_after_one_tenant_is_not_told_what_others_have_on_a_node()
    {
        await Operator.SendAsync("POST", $"/v1/nodes/{_fleet.Node.Id}/drain");
        var other = await _fleet.Server.MakeAsync("operator", "other");
        Assert.Equal(["another tenant's"], Waits(await other.GetAsync("/v1/nodes")).Distinct());
        Assert.All(Waits(await Operator.GetAsync("/v1/nodes")), id => Assert.StartsWith("web-", id, StringComparison.Ordinal));

        static IEnumerable<string?> Waits(Answer nodes) => nodes.Is(200).Json.GetProperty("nodes")[0].GetProperty("containers").GetProperty("waits").EnumerateArray().Select(wait => wait.GetProperty("alloc").GetString());
    }

    [Theory]
    [InlineData("{}", 400, "invalid_request")]
    [InlineData("""{"task":"job","image":"x"}""", 400, "invalid_request")]
    [InlineData("""{"task":"job","memory":"1G"}""", 400, "invalid_request")]
    [InlineData("""{"image":"x","memory":"much"}""", 400, "invalid_request")]
    [InlineData("""{"image":"x","timeout":"soon"}""", 400, "invalid_request")]
    [InlineData("""{"image":"x","what":1}""", 400, "invalid_request")]
    [InlineData("""{"task":"jop"}""", 404, "not_found")]
    [InlineData("""{"image":"x","env":{"A":"${secret(none)}"}}""", 422, "unresolved_references")]
    [InlineData("""{"image":"x","env":{"A":"${what}"}}""", 422, "invalid_spec")]
    [InlineData("""{"image":"x","cpu":64}""", 503, "no_room")]
    public async Task What_cannot_be_started_is_refused(string body, int status, string code) => (await Operator.SendAsync("POST", "/v1/tasks", body)).IsProblem(status, code);

    [Fact]
    public async Task A_replica_is_no_task()
    {
        var id = _fleet.Server.Now().Fleet.AllocsOf("web").First().Id;
        (await Operator.GetAsync($"/v1/tasks/{id}")).IsProblem(404, "not_found");
        (await Operator.SendAsync("DELETE", $"/v1/tasks/{id}")).IsProblem(400, "invalid_request");
        (await Operator.SendAsync("DELETE", "/v1/tasks/none")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_node_shows_what_it_has_left_and_can_be_emptied()
    {
        var containers = (await Operator.GetAsync("/v1/nodes")).Is(200).Json.GetProperty("nodes")[0].GetProperty("containers");
        Assert.Equal("""{"state":"ready","cpu":{"total":4,"used":0.50},"memory":{"total":8000000000,"used":512000000},"allocs":2,"labels":{"disk":"ssd"}}""", containers.GetRawText());

        var drained = (await Operator.SendAsync("POST", "/v1/nodes/n1/drain")).Is(200).Json.GetProperty("containers");
        Assert.Equal(("draining", 2), (drained.GetProperty("state").GetString(), drained.GetProperty("waits").GetArrayLength()));
        Assert.Equal("ready", (await Operator.SendAsync("POST", $"/v1/nodes/{_fleet.Node.Id}/undrain")).Is(200).Json.GetProperty("containers").GetProperty("state").GetString());
        (await Operator.SendAsync("POST", "/v1/nodes/n2/drain")).IsProblem(404, "not_found");
        Assert.Equal("""{"paused":false}""", (await Operator.SendAsync("POST", "/v1/fleet/resume")).Is(200).Text);
    }

    [Fact]
    public async Task Every_container_has_series_of_its_own_until_it_ends_and_only_for_its_tenant()
    {
        var ids = _fleet.Server.Now().Fleet.AllocsOf("web").Select(alloc => alloc.Id).ToList();
        _fleet.Node.Usage = [.. ids.Select(id => new AllocUsage(id, 0.125, 2048))];
        await _fleet.Node.ReportAsync();
        var text = (await Operator.GetAsync("/v1/metrics")).Is(200).Text;
        foreach (var id in ids) Assert.Contains($"mill_alloc_cpu_usage{{service=\"web\",node=\"n1\",alloc=\"{id}\"}} 0.125\n", text, StringComparison.Ordinal);
        Assert.Contains("mill_node_cpu_available{node=\"n1\"} 3.5\n", text, StringComparison.Ordinal);
        Assert.Contains("mill_allocs{status=\"healthy\"} 2\n", text, StringComparison.Ordinal);
        var series = text.Split('\n').Where(line => line.Length > 0 && line[0] is not '#').Select(line => line[..line.LastIndexOf(' ')]).ToList();
        Assert.Equal(series.Distinct(), series);

        var other = await _fleet.Server.MakeAsync("deployer", "other");
        Assert.DoesNotContain("mill_alloc", (await other.GetAsync("/v1/metrics")).Is(200).Text, StringComparison.Ordinal);
        await _fleet.DeployAsync("task \"job\" { image = \"job:1\" }");
        Assert.DoesNotContain("mill_alloc", (await Operator.GetAsync("/v1/metrics")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_often_a_container_was_started_again_is_counted_by_allocation()
    {
        var ids = _fleet.Server.Now().Fleet.AllocsOf("web").Select(alloc => alloc.Id).ToList();
        var usual = _fleet.Node.Become;
        _fleet.Node.Become = alloc => usual(alloc) with { Restarts = alloc.Id == ids[1] ? 2 : 0 };
        await _fleet.Node.ReportAsync();
        var text = (await Operator.GetAsync("/v1/metrics")).Is(200).Text;
        Assert.Contains("# TYPE mill_alloc_restarts_total counter\n", text, StringComparison.Ordinal);
        Assert.Equal([0, 2], ids.Select(id => int.Parse(text.Split($"mill_alloc_restarts_total{{service=\"web\",node=\"n1\",alloc=\"{id}\"}} ")[1].Split('\n')[0], null)));
    }

    [Fact]
    public async Task What_containers_wrote_comes_in_the_order_of_time()
    {
        var ids = _fleet.Server.Now().Fleet.AllocsOf("web").Select(alloc => alloc.Id).ToList();
        var start = _fleet.Server.Time.GetUtcNow();
        foreach (var second in Enumerable.Range(0, 6)) _fleet.Logs.Write(ids[second % 2], start.AddSeconds(second), $"line {second}", second is 3 ? "stderr" : "stdout");

        using var all = await SseReader.OpenAsync(_fleet.Server, "/v1/logs/web");
        var events = await all.RestAsync();
        Assert.Equal("end", events[^1].Type);
        Assert.Equal(Enumerable.Range(0, 6).Select(second => $"line {second}"), events.SkipLast(1).Select(one => one.Data.GetProperty("line").GetString()));
        Assert.Equal((ids[1], "n1", "stderr"), (events[3].Data.GetProperty("alloc").GetString(), events[3].Data.GetProperty("node").GetString(), events[3].Data.GetProperty("stream").GetString()));

        using var last = await SseReader.OpenAsync(_fleet.Server, "/v1/logs/web?tail=2");
        Assert.Equal(["line 4", "line 5"], (await last.RestAsync()).SkipLast(1).Select(one => one.Data.GetProperty("line").GetString()));
        using var one = await SseReader.OpenAsync(_fleet.Server, $"/v1/logs/{ids[1]}");
        Assert.Equal(4, (await one.RestAsync()).Count);
        (await Operator.GetAsync("/v1/logs/none")).IsProblem(404, "not_found");
        (await Operator.GetAsync("/v1/logs/web?tail=-1")).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task What_is_written_from_now_on_is_told_too()
    {
        var id = (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" })).Is(201).Json.GetProperty("id").GetString()!;
        _fleet.Logs.Write(id, _fleet.Server.Time.GetUtcNow(), "before");
        using var events = await SseReader.OpenAsync(_fleet.Server, $"/v1/logs/{id}?follow=true");
        Assert.Equal("before", (await events.NextAsync())!.Value.Data.GetProperty("line").GetString());
        _fleet.Logs.Write(id, _fleet.Server.Time.GetUtcNow(), "after");
        Assert.Equal("after", (await events.NextAsync())!.Value.Data.GetProperty("line").GetString());
    }

    [Fact]
    public async Task What_comes_of_several_while_the_last_lines_are_told_is_not_cut_to_so_many()
    {
        var ids = _fleet.Server.Now().Fleet.AllocsOf("web").Select(alloc => alloc.Id).ToList();
        var start = _fleet.Server.Time.GetUtcNow();
        foreach (var second in Enumerable.Range(0, 6)) _fleet.Logs.Write(ids[second % 2], start.AddSeconds(second), $"line {second}");
        using var events = await InTimeAsync(SseReader.OpenAsync(_fleet.Server, "/v1/logs?follow=true&tail=1"));
        var told = new List<string?> { (await InTimeAsync(events.NextAsync()))!.Value.Data.GetProperty("line").GetString() };
        foreach (var second in Enumerable.Range(6, 4)) _fleet.Logs.Write(ids[second % 2], start.AddSeconds(second), $"line {second}");
        while (told[^1] is not "line 9") told.Add((await InTimeAsync(events.NextAsync()))!.Value.Data.GetProperty("line").GetString());
        Assert.Equal(["line 5", "line 6", "line 7", "line 8", "line 9"], told);
    }

    [Fact]
    public async Task A_misspelt_name_gets_the_nearest()
    {
        Assert.Equal("Did you mean web?", (await Operator.GetAsync("/v1/logs/wep")).IsProblem(404, "not_found").Json.GetProperty("hint").GetString());
        Assert.Equal("See what runs: mill status, mill tasks", (await (await _fleet.Server.MakeAsync("reader", "other")).GetAsync("/v1/logs/wep")).IsProblem(404, "not_found").Json.GetProperty("hint").GetString());
        Assert.Equal("See which there are: mill ps --all", (await Operator.GetAsync("/v1/tasks/none")).IsProblem(404, "not_found").Json.GetProperty("hint").GetString());
    }

    [Fact]
    public async Task Another_tenant_sees_nothing_of_it()
    {
        var other = await _fleet.Server.MakeAsync("deployer", "other");
        var id = _fleet.Server.Now().Fleet.AllocsOf("web").First().Id;
        var task = (await Operator.SendAsync("POST", "/v1/tasks", new { task = "job" })).Is(201).Json.GetProperty("id").GetString()!;
        foreach (var path in new[] { "/v1/services", "/v1/templates", "/v1/tasks?all=true", "/v1/deploys" })
        {
            Assert.Matches("""^\{("[a-z]+":\[\],?)+\}$""", (await other.GetAsync(path)).Is(200).Text);
        }
        foreach (var path in new[] { "/v1/services/web", $"/v1/tasks/{task}", "/v1/deploys/1", "/v1/deploys/1/events", "/v1/logs/web", $"/v1/logs/{id}", $"/v1/logs/{task}", "/v1/logs/job" })
        {
            (await other.GetAsync(path)).IsProblem(404, "not_found");
        }
        (await other.SendAsync("POST", "/v1/services/web/restart")).IsProblem(404, "not_found");
        (await other.SendAsync("POST", "/v1/deploys/1/abort")).IsProblem(404, "not_found");
        (await other.SendAsync("POST", "/v1/rollback", new { to = 1 })).IsProblem(404, "not_found");
        (await other.SendAsync("POST", "/v1/tasks", new { task = "job" })).IsProblem(404, "not_found");
        (await other.SendAsync("DELETE", $"/v1/tasks/{task}")).IsProblem(404, "not_found");
        Assert.DoesNotContain("web:1", (await other.SendAsync("POST", "/v1/plan", FleetServer.File("web:2"))).IsProblem(422, "invalid_spec").Text, StringComparison.Ordinal);
    }

    /// <summary>Lets time pass for what waits for it.</summary>
    private async Task<T> InTimeAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            _fleet.Server.Time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }
        return await task;
    }

    private static List<JsonElement> Allocs(Answer answer) => [.. answer.Is(200).Json.GetProperty("allocations").EnumerateArray()];
}
