using System.Text.Json;
using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What somebody types to start tasks, to see them and to end them.</summary>
public sealed class TaskCommandTests
{
    private const string Running = """{"id":"report-4","name":"report","image":"r:1","node":"n1","status":"running","cpu":0.25,"memory":268435456,"by":"me","created_at":"2026-01-01T00:00:00Z","started_at":"2025-12-31T23:58:30Z","usage":{"cpu":0.126,"memory":1572864}}""";
    private const string Ended = """{"id":"report-4","name":"report","image":"r:1","node":"n1","status":"failed","cpu":0.25,"memory":268435456,"by":"me","created_at":"2026-01-01T00:00:00Z","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:03Z","exit_code":42,"reason":"it ended with 42","last_lines":["no disk"]}""";

    [Fact]
    public async Task The_id_of_a_new_task_stands_alone_on_the_output()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/tasks", Running, 201);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("spawn", "report", "--env", "A=1=2", "--env", "B=", "--timeout", "10m"));
        Assert.Equal(("report-4\n", "task report is report-4 on n1; to see what it writes: mill logs report-4 -f\n"), (session.Output, session.Error));
        Assert.Equal("""{"task":"report","timeout":"10m","env":{"A":"1=2","B":""}}""", Slim(mill.Seen[0].Body));
    }

    [Fact]
    public async Task Any_image_is_started_with_what_stands_behind_the_dashes()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/tasks", Running, 201);
        Assert.Equal(0, await Session.With(mill).RunAsync("spawn", "--image", "busybox", "--cpu", "0.5", "--memory", "64M", "--", "echo", "--hi"));
        Assert.Equal("""{"image":"busybox","command":["echo","--hi"],"cpu":0.5,"memory":"64M"}""", Slim(mill.Seen[0].Body));
    }

    [Theory]
    [InlineData("Either the name of a task or --image is needed.", "spawn")]
    [InlineData("The name of a task and --image cannot be used together.", "spawn", "report", "--image", "a")]
    [InlineData("What a task starts stands in its file.", "spawn", "report", "--", "echo")]
    [InlineData("--cpu and --memory are for --image; those of a task stand in its file.", "spawn", "report", "--cpu", "1")]
    [InlineData("A variable is written as NAME=VALUE.", "spawn", "report", "--env", "hunter2")]
    [InlineData("'soon' is not a length of time such as 30s, 10m or 1h30m.", "spawn", "report", "--timeout", "soon")]
    [InlineData("'much' is not a size such as 256M or 1Gi.", "spawn", "--image", "a", "--memory", "much")]
    [InlineData("'-1' is not a number of cores such as 0.5 or 2.", "spawn", "--image", "a", "--cpu", "-1")]
    public async Task What_makes_no_sense_is_refused(string said, params string[] typed)
    {
        var session = new Session();
        Assert.Equal(2, await session.RunAsync(typed));
        Assert.StartsWith($"error: {said}\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_has_the_exit_code_of_the_task()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/tasks", Running, 201);
        mill.On("GET /v1/tasks/report-4", Ended);
        var time = new ManualTime();
        var session = Session.With(mill, time);
        Assert.Equal(42, await session.RunInTimeAsync(time, "spawn", "report", "--wait"));
        Assert.EndsWith("task report-4 ended with 42: it ended with 42\n    no disk\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_runs_is_listed_with_what_it_takes()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/tasks", $$"""{"tasks":[{{Running}}]}""");
        mill.On("GET /v1/tasks?all=true", $$"""{"tasks":[{{Ended}}]}""");
        var session = Session.With(mill, new ManualTime());
        Assert.Equal(0, await session.RunAsync("ps"));
        Assert.Equal("report-4\treport\tn1\trunning\t0.13/0.25\t1.5Mi/256Mi\t2025-12-31T23:58:30.000000Z\t1m30s\t-\tme\n", session.Output);
        var all = Session.With(mill, new ManualTime());
        Assert.Equal(0, await all.RunAsync("ps", "--all"));
        Assert.Equal("report-4\treport\tn1\tfailed\t-/0.25\t-/256Mi\t2026-01-01T00:00:00.000000Z\t3s\t42\tme\n", all.Output);
        mill.On("GET /v1/tasks", """{"tasks":[]}""");
        var none = Session.With(mill);
        Assert.Equal(0, await none.RunAsync("ps"));
        Assert.Equal(("", "no running tasks\n"), (none.Output, none.Error));
    }

    [Fact]
    public async Task What_can_be_started_is_listed_with_when_it_starts_by_itself()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/templates", """{"templates":[{"name":"report","image":"r:1","schedule":"0 6 * * *","next_at":"2026-01-02T06:00:00Z","timeout":"1h","last_at":"2026-01-01T06:00:00Z","last_status":"failed","last_reason":"no disk","skipped_at":"2025-12-31T06:00:00Z"},{"name":"seed","image":"s:1","timeout":"5m","waits":"no node is ready"}]}""");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("tasks"));
        Assert.Equal("report\t0 6 * * *\t2026-01-02T06:00:00.000000Z\t1h\tr:1\t2026-01-01T06:00:00.000000Z\tfailed: no disk; that of 2025-12-31T06:00:00.000000Z was left out: the one before was still at work\nseed\t-\t-\t5m\ts:1\t-\tis due, and waits: no node is ready\n", session.Output);
    }

    [Fact]
    public async Task A_task_is_ended_by_its_id()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/tasks/report-4", Running, 202);
        mill.On("DELETE /v1/tasks/report-3", Ended.Replace("report-4", "report-3", StringComparison.Ordinal), 202);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("kill", "report-4"));
        Assert.Equal(0, await session.RunAsync("kill", "report-3"));
        Assert.Equal("task report-4 is being ended; to see whether it has: mill ps\ntask report-3 had ended already\n", session.Error);
        Assert.Equal(3, await Session.With(mill).RunAsync("kill", "report-9"));
    }

    [Fact]
    public async Task Names_are_completed_from_what_there_is()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/templates", """{"templates":[{"name":"report","image":"r:1","timeout":"1h"},{"name":"seed","image":"s:1","timeout":"5m"}]}""");
        mill.On("GET /v1/tasks", $$"""{"tasks":[{{Running}}]}""");
        var session = Session.With(mill, new ManualTime());
        await session.RunAsync("[suggest:14]", "mill spawn rep");
        await session.RunAsync("[suggest:10]", "mill kill ");
        Assert.Contains("report\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("report-4\n", session.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("seed", session.Output, StringComparison.Ordinal);
    }

    /// <summary>Without what was left out.</summary>
    private static string Slim(string json)
    {
        var members = JsonDocument.Parse(json).RootElement.EnumerateObject().Where(member => member.Value.ValueKind is not JsonValueKind.Null);
        return $"{{{string.Join(',', members.Select(member => $"\"{member.Name}\":{member.Value.GetRawText()}"))}}}";
    }
}
