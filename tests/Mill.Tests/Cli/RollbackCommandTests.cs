using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What somebody sees before and after they go back, abort or restart.</summary>
public sealed class RollbackCommandTests
{
    private const string Plan = """{"back_to":8,"services":[{"name":"b","kind":"remove","differences":[],"nodes":[]}],"tasks":[{"name":"job","kind":"remove","differences":[]}]}""";
    private const string Restarted = """{"number":7,"by":"me","kind":"restart","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:09Z","outcome":"failed","steps":[{"service":"web","kind":"restart","phase":"failed","since":"2026-01-01T00:00:08Z","ended_at":"2026-01-01T00:00:09Z","reason":"no","allocs":[]}]}""";
    private const string Nothing = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:00Z","outcome":"done","steps":[]}""";

    [Fact]
    public async Task A_rollback_says_where_to_and_asks_before_it_removes_anything()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Done);
        rig.Mill.On("GET /v1/rollback", Plan);
        rig.Mill.On("POST /v1/rollback", DeployRig.Begun, 202);
        var pipe = rig.Session();
        Assert.Equal(2, await pipe.RunAsync("rollback"));
        Assert.Equal("remove\tservice\tb\t\nremove\ttask\tjob\t\n", pipe.Output);
        Assert.Equal("goes back to what deploy 8 left behind\nerror: The service b and task job are not in what deploy 8 left behind and would be removed, and there is no terminal to ask at.\nhint: If that is meant: mill rollback --yes\n", pipe.Error);
        var no = rig.Session(isTerminal: true);
        no.Input = "n\n"u8.ToArray();
        Assert.Equal(130, await no.RunAsync("rollback"));
        Assert.DoesNotContain(rig.Mill.Seen, seen => seen.Method is "POST");
        Assert.Equal(0, await rig.Session().RunAsync("rollback", "--yes"));
        Assert.Equal("""{"to":8}""", rig.Mill.Seen.Single(seen => seen.Method is "POST").Body);
    }

    [Fact]
    public async Task A_deploy_asks_before_it_removes_a_task()
    {
        await using var rig = await DeployRig.StartAsync("""{"services":[],"tasks":[{"name":"job","kind":"remove","differences":[]}]}""", DeployRig.Done);
        var pipe = rig.Session();
        Assert.Equal(2, await pipe.RunAsync("deploy"));
        Assert.StartsWith("error: The task job is not in the file any more and would be removed, ", pipe.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nothing_ran_of_before_is_not_said_to_run_as_it_did()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, Restarted);
        rig.Mill.On("POST /v1/services/web/restart", DeployRig.Begun, 202);
        rig.Mill.On("GET /v1/services", Services(healthy: 0));
        var session = rig.Session();
        Assert.Equal(15, await session.RunAsync("restart", "web"));
        Assert.EndsWith("hint: web does not run as it should: 0 of 1 healthy; to see why: mill status\n", session.Error, StringComparison.Ordinal);
        rig.Mill.On("GET /v1/services", Services(healthy: 1));
        var well = rig.Session();
        Assert.Equal(15, await well.RunAsync("restart", "web"));
        Assert.EndsWith("hint: everything runs as it did before\n", well.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_new_and_failed_is_not_said_to_run_as_it_did()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Failed.Replace("\"service\":\"web\",\"kind\":\"change\"", "\"service\":\"web\",\"kind\":\"add\"", StringComparison.Ordinal));
        rig.Mill.On("GET /v1/services", """{"services":[]}""");
        var session = rig.Session();
        Assert.Equal(15, await session.RunAsync("deploy"));
        Assert.EndsWith("hint: web was new, and does not run; api changed\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_changes_what_is_down_is_told_all_the_same()
    {
        await using var rig = await DeployRig.StartAsync("""{"services":[],"tasks":[]}""", Nothing);
        rig.Mill.On("GET /v1/services", Services(healthy: 0));
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.Equal("nothing changes\nwarning: web is not as it should be: 0 of 1 healthy; web-3: it ended; to see why: mill logs web; to make its containers anew: mill restart web\n", session.Error);
    }

    [Fact]
    public async Task A_deploy_that_moved_a_service_says_who_holds_its_old_address()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Done);
        rig.Mill.On("GET /v1/services", Services(healthy: 1, ""","outdated_addresses":["web"]"""));
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.Equal("note: web-3 holds an old address of web; mill restart web\n", session.Error);
        rig.Mill.On("GET /v1/services", Services(healthy: 1, ""","outdated_addresses":["other"]"""));
        var other = rig.Session();
        Assert.Equal(0, await other.RunAsync("deploy"));
        Assert.Equal("", other.Error);
    }

    [Fact]
    public async Task Whoever_does_not_wait_for_an_abort_is_not_told_to_abort()
    {
        await using var rig = await DeployRig.StartAsync();
        rig.Mill.On("POST /v1/deploys/7/abort", DeployRig.Begun, 202);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("abort", "7", "--detach"));
        Assert.Equal("deploy 7 goes back by itself; to see it: mill deploys 7 --follow\n", session.Error);
    }

    [Fact]
    public async Task Times_of_a_stream_have_six_digits_as_everywhere()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Done);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy", "--json"));
        Assert.Contains("\"ended_at\":\"2026-01-01T00:00:04.250000Z\"", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_a_deploy_waits_is_a_line()
    {
        var waits = DeployRig.Begun.Replace("\"phase\":\"waiting\"", "\"phase\":\"before\",\"waits\":\"no node is ready\"", StringComparison.Ordinal);
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, waits, waits, DeployRig.Done);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.Contains("  web: waits: no node is ready\n  web: what runs before it (0s)\n  web: web-3 on n1: healthy\n", session.Output, StringComparison.Ordinal);
    }

    private static string Services(int healthy, string more = "") =>
        $$"""{"services":[{"name":"web","image":"web:v2","version":7,"replicas":{"desired":1,"healthy":{{healthy}}},"allocations":[{"id":"web-3","node":"n1","status":"{{(healthy is 1 ? "healthy" : "starting")}}","cpu":0.25,"memory":268435456,"restarts":0,"version":7{{(healthy is 1 ? "" : ",\"reason\":\"it ended\"")}}{{more}}}]}]}""";
}
