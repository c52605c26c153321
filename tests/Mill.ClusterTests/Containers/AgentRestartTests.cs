using System.Globalization;
using Mill.ClusterTests.Processes;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What an agent that comes back finds, and what it makes of it.</summary>
public sealed class AgentRestartTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    private const string Canary = "c4n4ry-0f-4g3nts";

    /// <summary>How many containers it finds; a machine with more room may take more.</summary>
    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("MILL_TEST_CONTAINERS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 10;

    [Fact]
    public async Task It_takes_up_all_that_runs_and_starts_none_of_it_again()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var deploy = await fleet.DeployAsync($$"""
            service "many" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "100000"]
              replicas   = {{Count}}
              cpu        = 0.01
              memory     = "8M"
              stop_grace = "0s"
              update { max_parallel = {{Count}} }
            }
            """);
        Assert.False(deploy.HasFailed, deploy.Steps[0].Reason);
        var before = await RunningAsync();
        Assert.Equal(Count, before.Count);
        var known = (await fleet.NowAsync()).AllocsOf("many").ToList();

        await fleet.StopAgentAsync();
        var life = fleet.Said!.Life;
        fleet.StartAgent();
        // The first look at what they take comes after all were taken up; the looks themselves take their time.
        await Until.TrueAsync("they are taken up", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Life > life && fleet.Said!.Usage.Count > 0));
        Assert.Equal(before, await RunningAsync());
        // Nor was there anything to say of them.
        Assert.All((await fleet.NowAsync()).AllocsOf("many"), alloc => Assert.Equal(known.Single(one => one.Id == alloc.Id), alloc));
    }

    [Fact]
    public async Task A_task_is_never_run_a_second_time()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var (gone, ended) = (await StartTaskAsync(fleet, "/bin/sleep 100000"), await StartTaskAsync(fleet, "sleep 1; echo did it; exit 5"));
        await fleet.UntilAsync("both run", now => now.Allocs[gone].Status is AllocStatus.Running && now.Allocs[ended].Status is AllocStatus.Running);
        await fleet.StopAgentAsync();
        await engine.DockerAsync("rm", "-f", fleet.ContainerOf(gone));
        await engine.DockerAsync("wait", fleet.ContainerOf(ended));

        fleet.StartAgent();
        var now = await fleet.UntilAsync("both have ended", state => state.Allocs[gone].IsTerminal && state.Allocs[ended].IsTerminal);
        Assert.Equal((AllocStatus.Failed, $"{gone}: its container is gone"), (now.Allocs[gone].Status, now.Allocs[gone].Reason));
        Assert.Equal((AllocStatus.Failed, 5), (now.Allocs[ended].Status, now.Allocs[ended].ExitCode));
        Assert.Equal(["did it"], now.Allocs[ended].LastLines);
        await Until.TrueAsync("nothing is left of it", TimeSpan.FromSeconds(30), async () => (await engine.DockerAsync("ps", "-aq")).Length is 0);
    }

    [Fact]
    public async Task What_was_made_and_never_started_has_not_done_anything_yet()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.StopAgentAsync();
        var id = await StartTaskAsync(fleet, "exit 4");
        var alloc = (await fleet.NowAsync()).Allocs[id];
        await engine.DockerAsync("create", "--network=host", "--name", fleet.ContainerOf(id), "--label=mill.managed=true", $"--label=mill.node={fleet.Node}", $"--label=mill.alloc-id={id}", $"--label=mill.created={alloc.CreatedAt}", "--label=mill.attempt=0", DockerEngine.Image, "/bin/true");

        fleet.StartAgent();
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal((AllocStatus.Failed, 4), (now.Allocs[id].Status, now.Allocs[id].ExitCode));
    }

    [Fact]
    public async Task A_container_of_an_earlier_allocation_of_the_same_id_is_a_stray()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.StopAgentAsync();
        var id = await StartTaskAsync(fleet, "exit 4");
        await engine.DockerAsync("run", "-d", "--network=host", "--name", fleet.ContainerOf(id), "--stop-timeout=0", "--label=mill.managed=true", $"--label=mill.node={fleet.Node}", $"--label=mill.alloc-id={id}", "--label=mill.created=2020-01-01T00:00:00.000000Z", "--label=mill.attempt=0", DockerEngine.Image, "/bin/sleep", "100000");
        // What runs for another node on the same Engine is not touched, whatever it is of.
        await engine.DockerAsync("run", "-d", "--network=host", "--name", $"mill-{id}-0", "--label=mill.managed=true", "--label=mill.node=0123456789abcdef", $"--label=mill.alloc-id={id}", DockerEngine.Image, "/bin/sleep", "100000");
        var secrets = Directory.CreateDirectory(Path.Combine(fleet.MemoryDirectory, "gone-7"));

        fleet.StartAgent();
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal(4, now.Allocs[id].ExitCode);
        Assert.False(Directory.Exists(secrets.FullName));
        await Until.TrueAsync("only the other one is left", TimeSpan.FromSeconds(30), async () => await engine.DockerAsync("ps", "-a", "--format", "{{.Names}}") == $"mill-{id}-0");
        await engine.DockerAsync("rm", "-f", $"mill-{id}-0");
    }

    [Fact]
    public async Task Its_logs_go_on_without_doubles_or_holes_and_still_without_secrets()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        Assert.False((await fleet.DeployAsync($$"""
            service "talk" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sh", "-c", "trap 'exit 3' USR1; i=0; while true; do i=$(($i + 1)); echo $i $GREETING; [ $(($i % 50)) = 0 ] && sleep 0.1; done"]
              stop_grace = "0s"
              env { GREETING = "${secret(greeting)}" }
            }
            """)).HasFailed);
        var id = Assert.Single((await fleet.NowAsync()).AllocsOf("talk")).Id;
        await Until.TrueAsync("it talks", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(id, 1)).Count > 0);
        await fleet.StopAgentAsync();
        var before = (await fleet.LogAsync(id)).Count;
        fleet.StartAgent();
        await Until.TrueAsync("it goes on", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(id)).Count > before + 200);
        await engine.DockerAsync("kill", "-s", "USR1", fleet.ContainerOf(id));
        var now = await fleet.UntilAsync("it was started again", state => state.Allocs[id].Restarts is 1);

        var lines = await fleet.LogAsync(id);
        lines = lines[..(lines.FindIndex(1, line => line.StartsWith("1 ", StringComparison.Ordinal)) is > 0 and var again ? again : lines.Count)];
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(number => $"{number} [REDACTED]"), lines);
        Assert.All(now.Allocs[id].LastLines!, line => Assert.EndsWith("[REDACTED]", line, StringComparison.Ordinal));
    }

    private static async Task<string> StartTaskAsync(LoneFleet fleet, string script)
    {
        await fleet.DeployAsync($$"""
            task "work" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sh", "-c", "{{script}}"]
              stop_grace = "0s"
            }
            """);
        return await fleet.ChangeAsync(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["work"].Spec, TenantId.Default, "ann").Id);
    }

    private async Task<List<string>> RunningAsync() => [.. (await engine.DockerAsync("ps", "-q", "--no-trunc")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
