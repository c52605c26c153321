using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What somebody sees of what runs, and where.</summary>
public sealed class FleetViewTests
{
    private const string Status = """{"version":"0.1.0","node":"n1","role":"both","leader":"n1","engine":"etcd","revision":7,"members":[],"seal":{"sealed":false,"needed_key_id":"aa","present_key_id":"aa"},"counts":{"tenant":"default","secrets":1,"versions":2},"started_at":"2026-01-01T00:00:00Z"}""";
    private const string Web = """{"name":"web","image":"web:v2","version":7,"replicas":{"desired":2,"healthy":1},"allocations":[{"id":"web-3","node":"n1","status":"healthy","cpu":0.25,"memory":268435456,"restarts":0,"version":7,"usage":{"cpu":0.05,"memory":10485760},"outdated_secrets":["DB_URL"],"outdated_addresses":["db"]},{"id":"web-4","node":"n2","status":"starting","cpu":0.25,"memory":268435456,"restarts":2,"version":7,"reason":"GET / answered 503"}]}""";

    [Fact]
    public async Task Status_shows_what_runs_under_what_it_always_showed()
    {
        await using var mill = await WithFleetAsync();
        var pipe = Session.With(mill, new ManualTime());
        Assert.Equal(0, await pipe.RunAsync("status"));
        Assert.EndsWith("""
            started\t2026-01-01T00:00:00.000000Z
            service\tweb\t1/2\t7\t0.05/0.5\t10Mi/512Mi\t2\tweb:v2\tweb-4: GET / answered 503, restarted 2 times
            task\tjob\t1\t40\t2.5s
            task\trun\t0\t1\t-
            node\tn1\tdraining\t0.5/4\t256Mi/8Gi\t3\tsomebody asked

            """.Replace("\\t", "\t", StringComparison.Ordinal), pipe.Output, StringComparison.Ordinal);
        Assert.Equal("note: web runs with old values of DB_URL; to give it the new ones: mill restart web\nnote: web-3 holds an old address of db; mill restart web\n", pipe.Error);
        var screen = Session.With(mill, new ManualTime());
        screen.IsTerminal = true;
        Assert.Equal(0, await screen.RunAsync("status"));
        Assert.Contains("\n\nSERVICES\nNAME  REPLICAS  VERSION  CPU ", screen.Output, StringComparison.Ordinal);
        Assert.Contains("\n\nNODES\nNAME  STATE     CPU    MEM ", screen.Output, StringComparison.Ordinal);
        Assert.Contains("\n\nTASKS\nNAME  RUNNING  SPAWNED/24H  AVG DURATION\njob   1        40           2.5s\n", screen.Output, StringComparison.Ordinal);
        Assert.Contains("leader   n1\n", screen.Output, StringComparison.Ordinal);
        var json = Session.With(mill);
        Assert.Equal(0, await json.RunAsync("status", "--json"));
        var document = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal(("n1", 1, 0, 1), (document.GetProperty("node").GetString(), document.GetProperty("services").GetArrayLength(), document.GetProperty("tasks").GetArrayLength(), document.GetProperty("nodes").GetArrayLength()));
    }

    [Fact]
    public async Task A_server_that_runs_nothing_has_the_status_it_always_had()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/status", Status);
        var old = Session.With(mill);
        Assert.Equal(0, await old.RunAsync("status"));
        Assert.EndsWith("started\t2026-01-01T00:00:00.000000Z\n", old.Output, StringComparison.Ordinal);
        Assert.Equal("", old.Error);
        var json = Session.With(mill);
        Assert.Equal(0, await json.RunAsync("status", "--json"));
        Assert.False(JsonDocument.Parse(json.Output).RootElement.TryGetProperty("services", out _));
    }

    [Fact]
    public async Task A_drain_says_how_much_is_left_until_the_node_is_empty()
    {
        await using var mill = await FakeMill.StartAsync();
        var left = 3;
        mill.On("POST /v1/nodes/n1/drain", Node(3));
        mill.On("GET /v1/nodes", context => FakeMill.WriteAsync(context, 200, "application/json", $$"""{"nodes":[{{Node(--left)}}]}"""));
        var session = await DrainAsync(mill, 0);
        Assert.StartsWith("  n1: 3 containers left\n  n1: 2 containers left\n  n1: 1 container left\nnode n1 is empty (", session.Output, StringComparison.Ordinal);
        var detached = Session.With(mill);
        Assert.Equal(0, await detached.RunAsync("drain", "n1", "--detach"));
        Assert.StartsWith("node n1 goes on to be drained", detached.Error, StringComparison.Ordinal);
        mill.On("POST /v1/nodes/n1/undrain", Node(0, "ready"));
        var back = Session.With(mill);
        Assert.Equal(0, await back.RunAsync("undrain", "n1"));
        Assert.Equal("node n1 may have containers again\n", back.Error);
    }

    [Fact]
    public async Task A_drain_says_what_each_container_waits_for_once_and_so_does_the_status()
    {
        const string Waits = ",\"waits\":[{\"alloc\":\"web-3\",\"reason\":\"it has no other place: no node is ready\"}]";
        await using var mill = await WithFleetAsync();
        var waiting = Node(1).Replace("\"reason\":\"somebody asked\",", "", StringComparison.Ordinal).Replace(",\"labels\"", Waits + ",\"labels\"", StringComparison.Ordinal);
        var looks = 0;
        mill.On("POST /v1/nodes/n1/drain", waiting);
        mill.On("GET /v1/nodes", context => FakeMill.WriteAsync(context, 200, "application/json", $$"""{"nodes":[{{(looks++ < 2 ? waiting : Node(0))}}]}"""));
        var status = Session.With(mill);
        Assert.Equal(0, await status.RunAsync("status"));
        Assert.Contains("\t1\tweb-3: it has no other place: no node is ready\n", status.Output, StringComparison.Ordinal);
        var session = await DrainAsync(mill, 0);
        Assert.StartsWith("  n1: 1 container left\n  n1: web-3: it has no other place: no node is ready\nnode n1 is empty (", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_that_somebody_took_back_ends()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/nodes/n1/drain", Node(3));
        mill.On("GET /v1/nodes", $$"""{"nodes":[{{Node(3, "ready")}}]}""");
        var session = await DrainAsync(mill, 6);
        Assert.StartsWith("error: Somebody lets the node n1 have containers again", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_one_container_is_what_it_wrote_and_of_several_who_wrote_it()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/logs/web-3?follow=false&tail=2", context => LogAsync(context, ("web-3", "1", "a\tb\u001b[2J")));
        mill.On("GET /v1/logs/web?follow=false", context => LogAsync(context, ("web-3", "1", "a"), ("web-4", "2", "b")));
        var one = Session.With(mill);
        Assert.Equal(0, await one.RunAsync("logs", "web-3", "-n", "2"));
        Assert.Equal("a\tb\u001b[2J\n", one.Output);
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(0, await screen.RunAsync("logs", "web-3", "--tail", "2"));
        Assert.Equal("a\tb\\u001b[2J\n", screen.Output);
        var several = Session.With(mill);
        Assert.Equal(0, await several.RunAsync("logs", "web"));
        Assert.Equal("[web-3] a\n[web-4] b\n", several.Output);
        var json = Session.With(mill);
        Assert.Equal(0, await json.RunAsync("logs", "web", "--json"));
        Assert.Equal(["web-3", "web-4"], json.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("alloc").GetString()));
        var unknown = Session.With(mill);
        Assert.Equal(3, await unknown.RunAsync("logs", "wbe"));
    }

    [Fact]
    public async Task The_logs_of_all_services_are_one_stream_and_what_is_no_line_goes_to_the_error_stream()
    {
        await using var mill = await WithFleetAsync("""{"name":"db","image":"d","version":1,"replicas":{"desired":1,"healthy":1},"allocations":[]}""");
        mill.On("GET /v1/logs?follow=false", context => LogAsync(context, ("web-3", "1", "a"), ("db-1", "2", "b"), ("web-3", "3", "c")));
        var all = Session.With(mill);
        Assert.Equal(0, await all.RunAsync("logs", "--all"));
        Assert.Equal("[web-3] a\n[db-1] b\n[web-3] c\n", all.Output);
        mill.On("GET /v1/logs?follow=true", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: notice\ndata: {\"ts\":\"2026-01-01T00:00:01Z\",\"alloc\":\"db-1\",\"node\":\"n2\",\"detail\":\"n2 is gone\"}\n\n");
            await LogAsync(context, ("web-3", "1", "a"));
        });
        var followed = Session.With(mill);
        Assert.Equal(0, await followed.RunAsync("logs", "--all", "-f"));
        Assert.Equal(("[web-3] a\n", "[db-1@n2] n2 is gone\n"), (followed.Output, followed.Error));
        mill.On("GET /v1/logs/web?follow=false", context => LogAsync(context));
        var silent = Session.With(mill);
        Assert.Equal(0, await silent.RunAsync("logs", "web"));
        Assert.Equal(("", "nothing is kept of what web wrote: no line yet, or it ended more than a day ago\n"), (silent.Output, silent.Error));
        var nothing = new Session();
        Assert.Equal(2, await nothing.RunAsync("logs"));
        mill.On("GET /v1/services", """{"services":[]}""");
        var none = Session.With(mill);
        Assert.Equal(0, await none.RunAsync("logs", "--all"));
        Assert.Equal("no services running\n", none.Error);
    }

    [Fact]
    public async Task A_restored_fleet_is_let_run()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/fleet/resume", """{"paused":false}""");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("resume"));
        Assert.Equal("containers are started, moved and ended again\n", session.Error);
    }

    /// <summary>Drains a node while time goes by.</summary>
    private static async Task<Session> DrainAsync(FakeMill mill, int expected)
    {
        var time = new ManualTime();
        var session = Session.With(mill, time);
        Assert.Equal(expected, await session.RunInTimeAsync(time, "drain", "n1"));
        return session;
    }

    private static async Task<FakeMill> WithFleetAsync(string? other = null)
    {
        var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/status", Status);
        mill.On("GET /v1/services", $$"""{"services":[{{Web}}{{(other is null ? "" : "," + other)}}]}""");
        mill.On("GET /v1/tasks", """{"tasks":[]}""");
        mill.On("GET /v1/templates", """{"templates":[],"totals":[{"name":"job","running":1,"started_within_day":40,"average_seconds":2.54},{"name":"run","running":0,"started_within_day":1}]}""");
        mill.On("GET /v1/nodes", $$"""{"nodes":[{{Node(3)}},{"name":"n2","address":"https://10.0.0.2:4400","role":"api","state":"healthy","leader":false}]}""");
        return mill;
    }

    private static string Node(int allocs, string state = "draining") =>
        $$$"""{"id":"a1","name":"n1","address":"https://10.0.0.1:4400","role":"both","state":"healthy","leader":true,"containers":{"state":"{{{state}}}","reason":"somebody asked","cpu":{"total":4,"used":0.5},"memory":{"total":8589934592,"used":268435456},"allocs":{{{allocs}}},"labels":{} } }""";

    private static async Task LogAsync(HttpContext context, params (string Alloc, string Second, string Line)[] lines)
    {
        if (!context.Response.HasStarted) context.Response.ContentType = "text/event-stream";
        foreach (var (alloc, second, line) in lines)
            await context.Response.WriteAsync($"data: {{\"ts\":\"2026-01-01T00:00:0{second}Z\",\"alloc\":\"{alloc}\",\"node\":\"n1\",\"stream\":\"stdout\",\"line\":{JsonSerializer.Serialize(line)}}}\n\n");
        await context.Response.WriteAsync("event: end\ndata: {}\n\n");
    }
}
