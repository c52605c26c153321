using System.Text;
using System.Text.Json;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What somebody sees of a plan and of a deploy.</summary>
public sealed class DeployCommandTests
{
    private const string Removes = """{"services":[{"name":"old","kind":"remove","differences":[],"nodes":[]}],"tasks":[]}""";

    private const string Plan = "change\tservice\tweb\tcontainer.image: web:v1 → web:v2\nchange\tservice\tweb\ton n1, n2\nadd\ttask\treport\t\n";

    [Fact]
    public async Task A_plan_is_a_line_for_each_thing_that_becomes_another()
    {
        await using var rig = await DeployRig.StartAsync();
        var pipe = rig.Session();
        Assert.Equal(0, await pipe.RunAsync("plan"));
        Assert.Equal((Plan, ""), (pipe.Output, pipe.Error));
        Assert.Equal(DeployRig.File, rig.Mill.Seen[0].Body);
        var screen = rig.Session(isTerminal: true);
        Assert.Equal(0, await screen.RunAsync("plan", "-f", "app.mill"));
        Assert.Equal("CHANGE  WHAT     NAME    HOW\nchange  service  web     container.image: web:v1 → web:v2\nchange  service  web     on n1, n2\nadd     task     report\n", screen.Output);
        var json = rig.Session();
        Assert.Equal(0, await json.RunAsync("plan", "--json"));
        Assert.Equal("change", JsonDocument.Parse(json.Output).RootElement.GetProperty("services")[1].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_plan_shows_the_order_of_an_update_and_what_of_a_new_service_is_not_served_yet()
    {
        await using var rig = await DeployRig.StartAsync("""
            {"services":[
              {"name":"db","kind":"change","differences":[],"nodes":["n1"],"order":"stop_first"},
              {"name":"web","kind":"add","differences":[],"nodes":["n1"],"routes":[{"host":"www.example.com","path":"/","served":false}],"volumes":[{"name":"cache","path":"/tmp/cache","ephemeral":true}]}],"tasks":[]}
            """);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("plan"));
        Assert.Equal("""
            change\tservice\tdb\tstop_first: each old replica ends before a new one starts in its place
            change\tservice\tdb\ton n1
            add\tservice\tweb\troute "www.example.com" /: kept, and not served yet
            add\tservice\tweb\tvolume "cache" at /tmp/cache: empty at every start
            add\tservice\tweb\ton n1

            """.Replace("\\t", "\t", StringComparison.Ordinal), session.Output);
    }

    [Fact]
    public async Task Where_nothing_changes_a_plan_says_so()
    {
        await using var rig = await DeployRig.StartAsync("""{"services":[{"name":"web","kind":"none","differences":[],"nodes":[]}],"tasks":[]}""");
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("plan"));
        Assert.Equal(("", "nothing changes\n"), (session.Output, session.Error));
    }

    [Fact]
    public async Task Mistakes_are_shown_all_at_once_in_their_lines_before_a_server_is_asked()
    {
        await using var rig = await DeployRig.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "app.mill"), "service \"web\" {\n  imgae = \"web:v1\"\n  image = \"web:v1\"\n\treplicas = \"two\" # è\u001b\n}\n");
        var session = rig.Session();
        Assert.Equal(7, await session.RunAsync("deploy"));
        Assert.Equal("""
            error: app.mill has 2 mistakes.
              - app.mill:2:3: There is no imgae in service. Did you mean image?
                    imgae = "web:v1"
                    ^
              - app.mill:4:13: service.web.replicas must be a whole number, without quotes.
                   replicas = "two" # è\u001b

            """, session.Error);
        Assert.Empty(rig.Mill.Seen);
        var json = rig.Session();
        Assert.Equal(7, await json.RunAsync("plan", "--json"));
        var error = JsonDocument.Parse(json.Error).RootElement;
        Assert.Equal(("invalid_spec", 4), (error.GetProperty("code").GetString(), error.GetProperty("errors")[1].GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task What_the_server_finds_wrong_is_shown_in_its_line_too()
    {
        await using var rig = await DeployRig.StartAsync();
        rig.Mill.Fail("POST /v1/plan?file=app.mill", 400, "invalid_spec", ""","errors":[{"code":"invalid_spec","detail":"No.","pointer":null,"file":"app.mill","line":2,"column":11}]""");
        var session = rig.Session();
        Assert.Equal(7, await session.RunAsync("plan"));
        Assert.Equal("error: It is invalid_spec.\n  - app.mill:2:11: No.\n        image = \"web:v2\"\n                ^\n", session.Error);
    }

    [Fact]
    public async Task One_secret_that_is_not_there_is_the_error_itself()
    {
        await using var rig = await DeployRig.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "app.mill"), "service \"myapp\" {\n  image = \"a\"\n  env { A = \"${secret(DB_URL)}\" }\n}\n");
        const string Said = "secret \\\"DB_URL\\\" not found (referenced by service \\\"myapp\\\")";
        rig.Mill.On("POST /v1/plan?file=app.mill", context => FakeMill.WriteAsync(context, 422, "application/problem+json",
            "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":422,\"code\":\"unresolved_references\",\"detail\":\"" + Said + "\",\"errors\":[{\"code\":\"not_found\",\"detail\":\"" + Said + "\",\"name\":\"DB_URL\"}]}"));
        var session = rig.Session();
        Assert.Equal(3, await session.RunAsync("plan"));
        Assert.StartsWith("error: secret \"DB_URL\" not found (referenced by service \"myapp\")\n  - app.mill:3:14\n        env { A = \"${secret(DB_URL)}\" }\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_not_there_is_shown_where_the_file_refers_to_it()
    {
        await using var rig = await DeployRig.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "app.mill"), "service \"web\" {\n  image = \"a\"\n  env { A = \"${secret(db)}\" }\n}\n");
        rig.Mill.Fail("POST /v1/plan?file=app.mill", 422, "unresolved_references", ""","errors":[{"code":"not_found","detail":"secret \"db\" not found","name":"db"}]""");
        var session = rig.Session();
        Assert.Equal(3, await session.RunAsync("plan"));
        Assert.StartsWith("error: It is unresolved_references.\n  - app.mill:3:14: secret \"db\" not found\n        env { A = \"${secret(db)}\" }\n                   ^\n", session.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "app.mill"), "\n");
        var empty = rig.Session();
        Assert.Equal(7, await empty.RunAsync("plan"));
        Assert.StartsWith("error: app.mill is empty.\nhint: It says what is to run", empty.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_pipe_a_deploy_is_lines()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Begun, DeployRig.Pulling, DeployRig.Pulling, DeployRig.Done);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.Equal(Plan + """
              web: web-3 on n1: pulling the image
              web: new containers take over (0.2s)
              web: web-3 on n1: healthy
              web: done (4.2s)
            deploy 7 done (4.2s)

            """, session.Output);
        Assert.Equal("", session.Error);
    }

    [Fact]
    public async Task What_is_fetched_beforehand_is_told_and_a_removal_has_no_time_before_it_is_done()
    {
        const string Fetching = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","outcome":"running","steps":[{"service":"old","kind":"remove","phase":"rolling","since":"2026-01-01T00:00:00Z","allocs":[]},{"service":"web","kind":"change","phase":"pulling","since":"2026-01-01T00:00:00Z","allocs":[{"id":"web-pull-3","kind":"pull","node":"n1","status":"pulling"}]}]}""";
        var fetched = Fetching.Replace("\"status\":\"pulling\"", "\"status\":\"stopped\"", StringComparison.Ordinal);
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, Fetching, fetched, DeployRig.Done);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.Equal(Plan + """
              old: being removed
              web: web-pull-3 on n1: pulling the image
              web: the image is fetched where it will be needed (0s)
              web: web-pull-3 on n1: the image is there
              web: web-3 on n1: healthy
              web: done (4.2s)
            deploy 7 done (4.2s)

            """, session.Output);
    }

    [Fact]
    public async Task On_a_terminal_its_lines_are_written_over()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Pulling, DeployRig.Done);
        var session = rig.Session(isTerminal: true);
        Assert.Equal(0, await session.RunAsync("deploy"));
        Assert.EndsWith(
            "SERVICE  CHANGE  PHASE    TIME  CONTAINERS\nweb      change  rolling  0s    web-3@n1 pulling 45%\n"
            + "\u001b[2A\r\u001b[JSERVICE  CHANGE  PHASE  TIME  CONTAINERS\nweb      change  done   4.2s  web-3@n1 healthy\ndeploy 7 done (4.2s)\n", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_every_change_is_a_document_on_a_line()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Pulling, DeployRig.Failed);
        var session = rig.Session();
        Assert.Equal(15, await session.RunAsync("deploy", "--json"));
        var lines = session.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["plan", "progress", "done"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal("failed", lines[2].GetProperty("data").GetProperty("outcome").GetString());
        Assert.Equal("", session.Error);
    }

    [Fact]
    public async Task A_deploy_that_failed_says_why_and_has_an_exit_code_of_its_own()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Failed);
        var session = rig.Session();
        Assert.Equal(15, await session.RunAsync("deploy"));
        Assert.Equal("""
            error: deploy 7 failed (9s)
              web: web-3 ended with 1 after 0.2s
                listening
                boom \u001b[2J
            hint: what failed runs as it did before; api changed

            """, session.Error);
        Assert.DoesNotContain("done (9s)", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_removed_without_being_asked_for()
    {
        await using var rig = await DeployRig.StartAsync(Removes, DeployRig.Done);
        var pipe = rig.Session();
        Assert.Equal(2, await pipe.RunAsync("deploy"));
        Assert.Equal("error: The service old is not in the file any more and would be removed, and there is no terminal to ask at.\nhint: If that is meant: mill deploy --yes\n", pipe.Error);
        var no = rig.Session(isTerminal: true);
        no.Input = "n\n"u8.ToArray();
        Assert.Equal(130, await no.RunAsync("deploy"));
        Assert.All(rig.Mill.Seen, seen => Assert.DoesNotContain("/v1/deploys", seen.Target, StringComparison.Ordinal));
        var yes = rig.Session(isTerminal: true);
        yes.Input = "y\n"u8.ToArray();
        Assert.Equal(0, await yes.RunAsync("deploy"));
        Assert.Equal(0, await rig.Session().RunAsync("deploy", "--yes"));
    }

    [Fact]
    public async Task Whoever_does_not_wait_is_told_how_to_see_it()
    {
        await using var rig = await DeployRig.StartAsync();
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("deploy", "--detach"));
        Assert.Equal("deploy 7 goes on by itself; to see it: mill deploys 7 --follow; to undo it: mill abort 7\n", session.Error);
    }

    [Fact]
    public async Task Whoever_interrupts_it_leaves_it_at_work()
    {
        await using var rig = await DeployRig.StartAsync();
        using var stop = new CancellationTokenSource();
        rig.Mill.On("GET /v1/deploys/7/events", async context =>
        {
            await stop.CancelAsync();
            await DeployRig.StreamAsync(context);
        });
        var session = rig.Session();
        Assert.Equal(130, await session.RunAsync(["deploy"], stop.Token));
        Assert.Contains("deploy 7 goes on by itself", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Mill.Seen, seen => seen.Target.EndsWith("/abort", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deploys_are_listed_shown_and_followed()
    {
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, DeployRig.Pulling, DeployRig.Done);
        rig.Mill.On("GET /v1/deploys", $$"""{"deploys":[{{DeployRig.Begun}},{{DeployRig.Failed.Replace("\"number\":7", "\"number\":6", StringComparison.Ordinal)}}]}""");
        rig.Mill.On("GET /v1/deploys/6", DeployRig.Failed.Replace("\"number\":7", "\"number\":6", StringComparison.Ordinal));
        var list = rig.Session();
        Assert.Equal(0, await list.RunAsync("deploys"));
        Assert.Equal("7\tdeploy\tme\t2026-01-01T00:00:00.000000Z\t-\trunning\tweb\n6\tdeploy\tme\t2026-01-01T00:00:00.000000Z\t9s\tfailed\tapi, web\n", list.Output);
        var one = rig.Session();
        Assert.Equal(0, await one.RunAsync("deploys", "6"));
        Assert.Equal("api\tchange\tdone\t4s\t\nweb\tchange\tfailed\t9s\tweb-3@n1 failed\n", one.Output);
        Assert.Contains("  web: web-3 ended with 1 after 0.2s\n", one.Error, StringComparison.Ordinal);
        var followed = rig.Session();
        Assert.Equal(0, await followed.RunAsync("deploys", "--follow"));
        Assert.EndsWith("deploy 7 done (4.2s)\n", followed.Output, StringComparison.Ordinal);
        Assert.Equal(2, await rig.Session().RunAsync("deploys", "seven"));
    }

    [Fact]
    public async Task What_is_at_work_is_aborted_and_earlier_ones_are_gone_back_to()
    {
        var aborted = DeployRig.Done.Replace("\"outcome\":\"done\"", "\"outcome\":\"aborted\"", StringComparison.Ordinal);
        await using var rig = await DeployRig.StartAsync(DeployRig.NothingGone, aborted);
        rig.Mill.On("GET /v1/deploys", $$"""{"deploys":[{{DeployRig.Begun}}]}""");
        rig.Mill.On("POST /v1/deploys/7/abort", DeployRig.Begun, 202);
        rig.Mill.On("GET /v1/rollback", """{"back_to":6,"services":[],"tasks":[]}""");
        rig.Mill.On("GET /v1/rollback?to=5", """{"back_to":5,"services":[],"tasks":[]}""");
        rig.Mill.On("POST /v1/rollback", DeployRig.Begun, 202);
        rig.Mill.On("POST /v1/services/web/restart", DeployRig.Begun, 202);
        var session = rig.Session();
        Assert.Equal(0, await session.RunAsync("abort"));
        Assert.Contains("deploy 7 was aborted", session.Error, StringComparison.Ordinal);
        Assert.Equal(15, await rig.Session().RunAsync("rollback", "5"));
        Assert.Equal(0, await rig.Session().RunAsync("rollback", "--detach"));
        Assert.Equal(0, await rig.Session().RunAsync("restart", "web", "--detach"));
        Assert.Equal(["""{"to":5}"""], rig.Mill.Seen.Where(seen => seen is { Target: "/v1/rollback", Method: "POST" }).Take(1).Select(seen => seen.Body));
        rig.Mill.On("GET /v1/deploys", """{"deploys":[]}""");
        var idle = rig.Session();
        Assert.Equal(3, await idle.RunAsync("abort"));
        Assert.StartsWith("error: No deploy is at work.\n", idle.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_usual_file_is_found_and_the_standard_input_is_read()
    {
        await using var rig = await DeployRig.StartAsync();
        rig.Mill.On("POST /v1/plan?file=standard%20input", DeployRig.NothingGone);
        var input = new Session { Directory = rig.Directory, Input = Encoding.UTF8.GetBytes(DeployRig.File), Variables = { ["MILL_ADDRESS"] = rig.Mill.Address.ToString(), ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(0, await input.RunAsync("plan", "-f", "-"));
        File.Move(Path.Combine(rig.Directory, "app.mill"), Path.Combine(rig.Directory, "mill.conf"));
        rig.Mill.On("POST /v1/plan?file=mill.conf", DeployRig.NothingGone);
        Assert.Equal(0, await rig.Session().RunAsync("plan"));
        var missing = rig.Session();
        Assert.Equal(2, await missing.RunAsync("deploy", "-f", "nonexistent.mill"));
        Assert.Contains("nonexistent.mill", missing.Error, StringComparison.Ordinal);
    }
}
