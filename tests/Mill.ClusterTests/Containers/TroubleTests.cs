using System.Net;
using System.Net.Sockets;
using Mill.ClusterTests.Processes;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What may go wrong with containers, and with what is around them, in a real Docker Engine.</summary>
public sealed class TroubleTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    private const string Canary = "c4n4ry-0f-tr0ubl3";

    [Fact]
    public async Task What_never_becomes_healthy_is_taken_back_with_the_cause_and_its_last_lines()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var deploy = await fleet.DeployAsync($$"""
            service "web" {
              image   = "{{DockerEngine.Image}}"
              command = ["/bin/sh", "-c", "echo cannot reach the database; exec sleep 1000"]
              port    = 80
              stop_grace = "1s"
              health { path = "/" }
              update { deadline = "6s" }
            }
            """);
        Assert.True(deploy.HasFailed);
        Assert.Contains("did not answer", deploy.Steps[0].Reason, StringComparison.Ordinal);
        Assert.Equal(["cannot reach the database"], deploy.Steps[0].LastLines);
        // Though it was looked at ten times a second.
        Assert.InRange(fleet.News, 2, 9);
    }

    [Fact]
    public async Task What_was_healthy_and_is_not_any_more_is_started_again()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync(Web("interval = \"200ms\""))).HasFailed);
        var alloc = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        await engine.DockerAsync("exec", fleet.ContainerOf(alloc.Id), "/bin/busybox", "rm", "/www/index.html");

        var now = await fleet.UntilAsync("it was started again", state => state.Allocs[alloc.Id] is { Restarts: 1, Status: AllocStatus.Healthy });
        Assert.Null(now.Allocs[alloc.Id].Reason);
    }

    [Fact]
    public async Task What_does_not_listen_to_SIGTERM_is_killed_once_its_grace_is_over()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var id = await StartTaskAsync(fleet, "command = [\"/bin/sh\", \"-c\", \"trap '' TERM; while true; do sleep 1; done\"]");
        await fleet.UntilAsync("it runs", now => now.Allocs[id].Status is AllocStatus.Running);
        await fleet.ChangeAsync(draft => TaskRules.Kill(draft, id, TenantId.Default));
        await fleet.UntilAsync("it has ended", now => now.Allocs[id].Status is AllocStatus.Stopped);
        await UntilGoneAsync(fleet, id);
    }

    [Fact]
    public async Task Too_much_memory_is_said_to_be_the_cause()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var id = await StartTaskAsync(fleet, "memory = \"16M\"\n  command = [\"/bin/sh\", \"-c\", \"exec dd if=/dev/zero of=/dev/null bs=64M count=1\"]");
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal((AllocStatus.Failed, $"{id} took more than its 16M of memory, and was ended"), (now.Allocs[id].Status, now.Allocs[id].Reason));
    }

    [Fact]
    public async Task A_flood_of_lines_stops_neither_the_flooder_nor_anybody_else()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync(Web("interval = \"1s\"", "while true; do echo flood flood flood flood flood flood flood flood flood flood; done & "))).HasFailed);
        var id = await StartTaskAsync(fleet, "command = [\"/bin/echo\", \"heard\"]", Web("interval = \"1s\"", "while true; do echo flood flood flood flood flood flood flood flood flood flood; done & "));
        await fleet.UntilAsync("the other one has ended", now => now.Allocs[id].Status is AllocStatus.Stopped);
        Assert.Equal(["heard"], await fleet.LogAsync(id));

        var web = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        Assert.Equal((AllocStatus.Healthy, 0), (web.Status, web.Restarts));
        Assert.Contains("flood", (await fleet.LogAsync(web.Id, 5))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_something_else_took_is_no_fault_of_the_container_and_another_is_tried()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var deploy = await fleet.BeginAsync(Web("interval = \"1s\"", "echo port $PORT; sleep 2; "));
        var id = Assert.Single((await fleet.UntilAsync("it starts", now => now.AllocsOf("web").Any(alloc => alloc.StartedAt is not null))).AllocsOf("web")).Id;
        await Until.TrueAsync("it says its port", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(id)).Count > 0);
        using var thief = new TcpListener(IPAddress.IPv6Any, int.Parse((await fleet.LogAsync(id))[0][5..], null));
        thief.Server.DualMode = true;
        thief.Start();

        var now = await fleet.UntilAsync("the deploy has ended", state => state.Deploys[deploy.Number].IsOver);
        Assert.False(now.Deploys[deploy.Number].HasFailed, now.Deploys[deploy.Number].Steps[0].Reason);
        Assert.Equal((AllocStatus.Healthy, 0), (now.Allocs[id].Status, now.Allocs[id].Restarts));
    }

    [Fact]
    public async Task An_Engine_that_does_not_answer_is_said_and_so_is_what_containers_take()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync(Web("interval = \"1s\""))).HasFailed);
        await Until.TrueAsync("it takes something", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Usage.Any(usage => usage.Memory > 0)));
        var before = fleet.Said!;
        Assert.True(before.Life > 0 && before.Cpu > 0 && before.Memory > 0);
        Assert.Null(before.NotReady);

        await engine.StopAsync();
        await Until.TrueAsync("that is said", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.NotReady is not null));
        Assert.True(fleet.Said!.Number > before.Number);
        await engine.StartAsync();
        await Until.TrueAsync("it is well again", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.NotReady is null));
        await fleet.UntilAsync("it runs again", now => now.AllocsOf("web").Any(alloc => alloc.Status is AllocStatus.Healthy));
    }

    [Fact]
    public async Task An_Engine_that_stands_still_says_nothing_of_the_health_of_what_it_runs()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync($$"""
            service "web" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "1000"]
              stop_grace = "0s"
              health {
                command  = ["/bin/true"]
                interval = "100ms"
                timeout  = "500ms"
              }
            }
            """)).HasFailed);
        var alloc = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        engine.Freeze();
        try
        {
            await Until.TrueAsync("that is said", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.NotReady is not null));
        }
        finally
        {
            engine.Thaw();
        }
        await Until.TrueAsync("it is well again", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.NotReady is null));
        var number = fleet.Said!.Number;
        await Until.TrueAsync("it goes on", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Number > number + 1));
        Assert.Equal((AllocStatus.Healthy, 0), ((await fleet.NowAsync()).Allocs[alloc.Id].Status, (await fleet.NowAsync()).Allocs[alloc.Id].Restarts));
    }

    [Fact]
    public async Task A_container_that_somebody_pauses_is_looked_at_at_once()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync(Web("interval = \"10m\"\n    timeout = \"1s\"\n    failure_threshold = 1"))).HasFailed);
        var alloc = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        await engine.DockerAsync("pause", fleet.ContainerOf(alloc.Id));
        await fleet.UntilAsync("it was started again", now => now.Allocs[alloc.Id] is { Restarts: 1, Status: AllocStatus.Healthy });
    }

    [Fact]
    public async Task What_is_new_may_take_its_time_and_the_node_is_heard_all_the_same()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var jam = new TaskCompletionSource();
        fleet.Jam = jam.Task;
        var (deploy, news) = (await fleet.BeginAsync(Web("interval = \"1s\"")), fleet.News);
        await Until.TrueAsync("something is new, and gets nowhere", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.News > news));
        var number = fleet.Said!.Number;
        await Until.TrueAsync("it is heard", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Number > number + 2));
        Assert.Equal(0, fleet.Refused);
        fleet.Jam = null;
        jam.SetResult();
        Assert.False((await fleet.FinishAsync(deploy.Number)).HasFailed);
    }

    [Fact]
    public async Task A_vault_that_is_out_of_reach_for_a_while_is_waited_for_and_counts_as_no_try()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        fleet.Vault.IsAway = true;
        var deploy = await fleet.BeginAsync(Web("interval = \"1s\"", "echo $GREETING; ", "env { GREETING = \"${secret(greeting)}\" }"));
        await Until.TrueAsync("it was asked often", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Vault.Refused > 4));
        fleet.Vault.IsAway = false;
        Assert.False((await fleet.FinishAsync(deploy.Number)).HasFailed);
        var web = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        Assert.Equal((AllocStatus.Healthy, 0), (web.Status, web.Restarts));

        // Nor does one that comes back without it lose, or tell, what its containers wrote.
        await fleet.StopAgentAsync();
        fleet.Vault.IsAway = true;
        fleet.StartAgent();
        var refused = fleet.Vault.Refused;
        await Until.TrueAsync("it asks what to mask", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Vault.Refused > refused + 1));
        fleet.Vault.IsAway = false;
        await engine.DockerAsync("kill", fleet.ContainerOf(web.Id));
        await fleet.UntilAsync("it was started again", now => now.Allocs[web.Id] is { Restarts: 1, Status: AllocStatus.Healthy });
        await Until.TrueAsync("it is heard", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(web.Id)).Count > 1);
        Assert.Equal(["[REDACTED]", "[REDACTED]"], await fleet.LogAsync(web.Id));
    }

    [Fact]
    public async Task A_file_with_a_secret_belongs_to_whom_it_is_said_to()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        var id = await StartTaskAsync(fleet, "command = [\"/bin/stat\", \"-c\", \"%u %g %a\", \"/run/key\"]\n  secret_file \"/run/key\" { content = \"${secret(greeting)}\" }", change: spec => spec with { Container = spec.Container with { SecretFiles = [.. spec.Container.SecretFiles.Select(file => file with { Uid = 1000, Gid = 1001 })] } });
        await fleet.UntilAsync("it has ended", now => now.Allocs[id].IsTerminal);
        Assert.Equal(["1000 1001 400"], await fleet.LogAsync(id));
    }

    [Fact]
    public async Task Whatever_goes_wrong_on_the_node_is_an_end_that_is_told()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        // Where directories are to be made, there is a file.
        await File.WriteAllTextAsync(fleet.ScratchDirectory, "");
        var id = await StartTaskAsync(fleet, """
            command = ["/bin/true"]
            volume "tmp" {
              path      = "/tmp"
              ephemeral = true
            }
            """);
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal(AllocStatus.Failed, now.Allocs[id].Status);
        Assert.Contains(fleet.ScratchDirectory, now.Allocs[id].Reason, StringComparison.Ordinal);
    }

    private static string Web(string health, string before = "", string more = "") => $$"""
        service "web" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sh", "-c", "{{before}}mkdir -p /www && echo -n yes > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port       = 80
          memory     = "64M"
          stop_grace = "1s"
          health {
            path = "/index.html"
            {{health}}
          }
          update { drain = "100ms" }
          {{more}}
        }

        """;

    private static async Task<string> StartTaskAsync(LoneFleet fleet, string container, string others = "", Func<TaskSpec, TaskSpec>? change = null)
    {
        await fleet.DeployAsync($$"""
            {{others}}
            task "work" {
              image      = "{{DockerEngine.Image}}"
              stop_grace = "1s"
              {{container}}
            }
            """);
        return await fleet.ChangeAsync(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), change is null ? draft.Fleet.Tasks["work"].Spec : change(draft.Fleet.Tasks["work"].Spec), TenantId.Default, "ann").Id);
    }

    private Task UntilGoneAsync(LoneFleet fleet, string id) =>
        Until.TrueAsync("its container is gone", TimeSpan.FromSeconds(30), async () => !(await engine.DockerAsync("ps", "-a", "--format", "{{.Names}}")).Contains(fleet.ContainerOf(id), StringComparison.Ordinal));
}
