using System.Globalization;
using Mill.ClusterTests.Processes;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Containers;

/// <summary>What an agent that comes back finds, and what it makes of it.</summary>
public sealed class AgentRestartTests(DockerEngine engine, ITestOutputHelper output) : IClassFixture<DockerEngine>
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
        var began = TimeProvider.System.GetTimestamp();
        fleet.StartAgent();
        await Until.TrueAsync("they are taken up", TimeSpan.FromSeconds(60), () => Task.FromResult(fleet.Adopted == Count));
        output.WriteLine($"{Count} were taken up after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.00} s");
        // What it says of them next is of those that it found.
        await Until.TrueAsync("it looks at all of them", TimeSpan.FromSeconds(60), () => Task.FromResult(fleet.Said!.Life > life && fleet.Said!.Usage.Count == Count));
        output.WriteLine($"and looked at after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.00} s");
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
        await engine.DockerAsync(["create", "--network=host", "--name", fleet.ContainerOf(id), .. fleet.LabelsOf(id), $"--label=mill.created={alloc.CreatedAt}", "--label=mill.attempt=0", DockerEngine.Image, "/bin/true"]);

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
        await engine.DockerAsync(["run", "-d", "--network=host", "--name", fleet.ContainerOf(id), "--stop-timeout=0", .. fleet.LabelsOf(id), "--label=mill.created=2020-01-01T00:00:00.000000Z", "--label=mill.attempt=0", DockerEngine.Image, "/bin/sleep", "100000"]);
        // What runs for another node on the same Engine, or another cluster, is not touched, whatever it is of.
        await engine.DockerAsync("run", "-d", "--network=host", "--name", "b-other-node", "--label=mill.managed=true", $"--label=mill.cluster={LoneFleet.Cluster}", "--label=mill.node=0123456789abcdef", $"--label=mill.alloc-id={id}", DockerEngine.Image, "/bin/sleep", "100000");
        await engine.DockerAsync(["run", "-d", "--network=host", "--name", "a-other-cluster", .. fleet.LabelsOf(id, "other-cluster"), DockerEngine.Image, "/bin/sleep", "100000"]);
        var secrets = Directory.CreateDirectory(Path.Combine(fleet.MemoryDirectory, "gone-7"));

        fleet.StartAgent();
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal(4, now.Allocs[id].ExitCode);
        Assert.False(Directory.Exists(secrets.FullName));
        await Until.TrueAsync("only the other ones are left", TimeSpan.FromSeconds(30), async () => await engine.DockerAsync("ps", "-a", "--format", "{{.Names}}") == "a-other-cluster\nb-other-node");
        await engine.DockerAsync("rm", "-f", "a-other-cluster", "b-other-node");
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

    [Fact]
    public async Task One_whose_clock_was_set_back_is_heard()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.StopAgentAsync();
        var (before, refused) = (fleet.Said!, fleet.Refused);
        fleet.Time = new Shifted(TimeSpan.FromDays(-3));
        fleet.StartAgent();
        await Until.TrueAsync("it is heard", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said != before));
        Assert.Equal((before.Life + 1, refused), (fleet.Said!.Life, fleet.Refused));
    }

    [Fact]
    public async Task One_that_has_forgotten_its_lives_learns_that_it_is_not_believed_and_finds_a_later_one()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.StopAgentAsync();
        var before = fleet.Said!;
        await File.WriteAllTextAsync(fleet.AgentFile, (await File.ReadAllTextAsync(fleet.AgentFile)).Replace($"\"life\":{before.Life}", $"\"life\":{before.Life - 5}", StringComparison.Ordinal));
        fleet.StartAgent();
        await Until.TrueAsync("it is heard", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Life > before.Life));
        Assert.True(fleet.Refused > 0);
        // And it has not forgotten again.
        Assert.Contains($"\"life\":{fleet.Said!.Life},", await File.ReadAllTextAsync(fleet.AgentFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_restore_it_ends_nothing_until_somebody_says_that_it_may()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await DeploySleeperAsync(fleet);
        var before = await RunningAsync();
        await fleet.StopAgentAsync();
        var secrets = Directory.CreateDirectory(Path.Combine(fleet.MemoryDirectory, "gone-7"));
        // What a backup has of this.
        await fleet.ChangeAsync(draft =>
        {
            foreach (var id in draft.Fleet.Allocs.Keys) draft.Remove(new AllocKey(id));
            draft.Put(new FleetKey(), draft.Fleet.Numbers with { IsPaused = true });
            return 0;
        });
        var life = fleet.Said!.Life;
        fleet.StartAgent();
        await Until.TrueAsync("it has looked", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Life > life && fleet.Said.Number > 2));
        Assert.Equal(before, await RunningAsync());
        Assert.True(secrets.Exists);

        await fleet.ChangeAsync(draft => DeployRules.Resume(draft, "ann"));
        await Until.TrueAsync("what is new runs, and only that", TimeSpan.FromSeconds(30), async () => await RunningAsync() is [var only] && only != before[0]);
        Assert.False(Directory.Exists(secrets.FullName));
    }

    [Fact]
    public async Task One_whose_node_was_taken_out_of_its_cluster_ends_all_that_it_has()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await DeploySleeperAsync(fleet);
        Assert.Single(await RunningAsync());
        await fleet.CommitAsync(new(new AuthorityKey(), new AuthorityRecord { Certificate = [1], SealedKey = "s", KeyId = "k", CreatedAt = new(1) }));
        await Until.TrueAsync("it has ended", TimeSpan.FromSeconds(30), async () => (await RunningAsync()).Count is 0);
        await fleet.CommitAsync(new(new AuthorityKey(), null));
    }

    [Fact]
    public async Task What_nodes_ran_here_that_are_none_any_more_is_ended_too()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.StopAgentAsync();
        var other = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]);
        foreach (var (name, node) in new[] { ("a-of-no-node", "0123456789abcdef"), ("b-of-a-node", other.Value) })
            await engine.DockerAsync("run", "-d", "--network=host", "--name", name, "--stop-timeout=0", "--label=mill.managed=true", $"--label=mill.cluster={LoneFleet.Cluster}", $"--label=mill.node={node}", "--label=mill.alloc-id=web-1", DockerEngine.Image, "/bin/sleep", "100000");
        await fleet.CommitAsync(new(new NodeKey(fleet.Node), Member(fleet.Node)));
        await fleet.CommitAsync(new(new NodeKey(other), Member(other)));
        fleet.StartAgent();
        await Until.TrueAsync("only what is of a node is left", TimeSpan.FromSeconds(30), async () => await engine.DockerAsync("ps", "-a", "--format", "{{.Names}}") == "b-of-a-node");
        await engine.DockerAsync("rm", "-f", "b-of-a-node");
    }

    private static NodeRecord Member(NodeId id) => new()
    {
        Id = id,
        Name = id.Value,
        Address = "10.0.0.1",
        ApiPort = 4400,
        PeerPort = 2380,
        Role = NodeRole.Both,
        JoinedAt = new(1),
        CertificateSerial = "1",
        CertificateNotAfter = new(2),
        Version = "1",
    };

    private static async Task DeploySleeperAsync(LoneFleet fleet) => Assert.False((await fleet.DeployAsync($$"""
        service "web" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sleep", "100000"]
          stop_grace = "0s"
        }
        """)).HasFailed);

    internal static async Task<string> StartTaskAsync(LoneFleet fleet, string script)
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

    /// <summary>A clock that was set, beside one that nobody sets.</summary>
    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
