using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What is asked of a node happens, in containers of a real Docker Engine.</summary>
public sealed class NodeAgentTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    private const string Canary = "c4n4ry-0f-c0nt41n3rs";

    [Fact]
    public async Task A_service_gets_its_secrets_is_rolled_and_answers_all_the_time()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary + "-1");
        var first = await fleet.DeployAsync(Web("1"));
        Assert.False(first.HasFailed, first.Steps[0].Reason);
        Assert.Equal($"1 {Canary}-1", await GetAsync(fleet));

        // A value that changes is for those that start afterwards.
        await fleet.SetSecretAsync("greeting", Canary + "-2");
        Assert.Equal($"1 {Canary}-1", await GetAsync(fleet));
        Assert.Equal(1, Assert.Single((await fleet.NowAsync()).AllocsOf("web"), alloc => !alloc.IsTerminal).SecretVersions!["greeting"]);
        Assert.False((await fleet.RestartAsync("web")).HasFailed);
        Assert.Equal($"1 {Canary}-2", await GetAsync(fleet));

        using var stop = new CancellationTokenSource();
        var load = LoadAsync(fleet, stop.Token);
        Assert.False((await fleet.DeployAsync(Web("2"))).HasFailed);
        await stop.CancelAsync();
        var (answers, failures) = await load;
        Assert.True(answers > 0);
        Assert.Equal(0, failures);
        Assert.Equal($"2 {Canary}-2", await GetAsync(fleet));
    }

    [Fact]
    public async Task What_does_not_start_is_taken_back_with_the_cause_and_its_last_lines_without_secrets()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        Assert.False((await fleet.DeployAsync(Web("1"))).HasFailed);
        var before = Assert.Single((await fleet.NowAsync()).AllocsOf("web"), alloc => !alloc.IsTerminal);

        var ended = await fleet.DeployAsync(Web("2").Replace("exec httpd", "echo no database for $GREETING; exit 3; httpd", StringComparison.Ordinal));
        Assert.EndsWith("ended with exit code 3", ended.Steps[0].Reason, StringComparison.Ordinal);
        Assert.Equal(["no database for [REDACTED]"], ended.Steps[0].LastLines);

        var missing = await fleet.DeployAsync(Web("3").Replace(DockerEngine.Image, "127.0.0.1:1/none:v9", StringComparison.Ordinal));
        Assert.StartsWith("the image 127.0.0.1:1/none:v9 cannot be pulled: ", missing.Steps[0].Reason, StringComparison.Ordinal);

        await fleet.DeleteSecretAsync("greeting");
        var secret = await fleet.DeployAsync(Web("4"));
        Assert.Equal("secret \"greeting\" not found", secret.Steps[0].Reason);

        Assert.Equal(before.Id, Assert.Single((await fleet.NowAsync()).AllocsOf("web"), alloc => !alloc.IsTerminal).Id);
        Assert.Equal($"1 {Canary}", await GetAsync(fleet));
    }

    [Fact]
    public async Task An_agent_that_comes_back_takes_up_what_runs_and_removes_what_is_a_stray()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        Assert.False((await fleet.DeployAsync(Web("1").Replace("replicas = 1", "replicas = 3", StringComparison.Ordinal))).HasFailed);
        var before = await ContainersAsync();
        await fleet.StopAgentAsync();
        Assert.Equal(before, await ContainersAsync());
        await engine.DockerAsync(["run", "-d", "--network=host", "--stop-timeout=0", .. fleet.LabelsOf("gone-7"), DockerEngine.Image, "/bin/sleep", "1000"]);

        fleet.StartAgent();
        await Processes.Until.TrueAsync("the stray is gone", TimeSpan.FromSeconds(30), async () => (await ContainersAsync()).SequenceEqual(before));
        Assert.Equal($"1 {Canary}", await GetAsync(fleet));
        Assert.All((await fleet.NowAsync()).AllocsOf("web"), alloc => Assert.Equal((AllocStatus.Healthy, 0), (alloc.Status, alloc.Restarts)));
    }

    [Fact]
    public async Task A_container_that_ends_is_started_again_and_so_are_those_of_an_Engine_that_was_restarted()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        Assert.False((await fleet.DeployAsync(Web("1"))).HasFailed);
        var alloc = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
        await engine.DockerAsync("kill", fleet.ContainerOf(alloc.Id));
        await fleet.UntilAsync("it was started again", now => now.Allocs[alloc.Id] is { Restarts: 1, Status: AllocStatus.Healthy });
        Assert.Equal($"1 {Canary}", await GetAsync(fleet));

        await engine.RestartAsync();
        await fleet.UntilAsync("it was started again after the Engine", now => now.Allocs[alloc.Id] is { Restarts: > 1, Status: AllocStatus.Healthy });
        Assert.Equal($"1 {Canary}", await GetAsync(fleet));
    }

    [Fact]
    public async Task Tasks_end_well_or_not_at_their_time_and_when_they_are_told_to()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.DeployAsync($$"""
            task "good" {
              image   = "{{DockerEngine.Image}}"
              command = ["/bin/true"]
            }
            task "bad" {
              image   = "{{DockerEngine.Image}}"
              command = ["/bin/sh", "-c", "echo why; exit 7"]
            }
            task "long" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "1000"]
              timeout    = "1s"
              stop_grace = "1s"
            }
            task "forever" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "1000"]
              stop_grace = "1s"
            }
            """);
        var ids = await fleet.ChangeAsync(draft => draft.Fleet.Tasks.Values.ToDictionary(task => task.Spec.Name, task => TaskRules.Start(draft, new PlacementView(draft.Fleet), task.Spec, TenantId.Default, "ann").Id));
        await fleet.UntilAsync("it runs", now => now.Allocs[ids["forever"]].Status is AllocStatus.Running);
        await fleet.ChangeAsync(draft => TaskRules.Kill(draft, ids["forever"], TenantId.Default));
        var now = await fleet.UntilAsync("all have ended", state => state.Allocs.Values.All(alloc => alloc.IsTerminal));

        Assert.Equal((AllocStatus.Stopped, 0), (now.Allocs[ids["good"]].Status, now.Allocs[ids["good"]].ExitCode));
        Assert.Equal((AllocStatus.Failed, 7, "why"), (now.Allocs[ids["bad"]].Status, now.Allocs[ids["bad"]].ExitCode, now.Allocs[ids["bad"]].LastLines!.Single()));
        Assert.Equal((AllocStatus.Failed, $"{ids["long"]} had not ended after 1s"), (now.Allocs[ids["long"]].Status, now.Allocs[ids["long"]].Reason));
        Assert.Equal(AllocStatus.Stopped, now.Allocs[ids["forever"]].Status);
        await Processes.Until.TrueAsync("nothing is left of them", TimeSpan.FromSeconds(30), async () => (await ContainersAsync()).Count is 0);
    }

    [Fact]
    public async Task A_file_of_secrets_is_in_memory_only_and_gone_with_its_container()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        await fleet.SetSecretAsync("greeting", Canary);
        var deploy = await fleet.DeployAsync($$"""
            service "web" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sh", "-c", "mkdir -p /www && cat /run/secrets/tls.key > /www/index.html && exec httpd -f -p $PORT -h /www"]
              port       = 80
              stop_grace = "1s"
              secret_file "/run/secrets/tls.key" { content = "key ${secret(greeting)}" }
            }
            """);

        Assert.False(deploy.HasFailed, deploy.Steps[0].Reason);
        Assert.Equal($"key {Canary}", await GetAsync(fleet));
        Assert.True(Directory.GetFiles(fleet.MemoryDirectory, "*", SearchOption.AllDirectories).Length is 1);
        await fleet.DeployAsync("task \"other\" { image = \"x\" }");
        await Processes.Until.TrueAsync("the file is gone", TimeSpan.FromSeconds(30), () => Task.FromResult(Directory.GetFiles(fleet.MemoryDirectory, "*", SearchOption.AllDirectories).Length is 0));
    }

    [Fact]
    public async Task What_a_replica_writes_into_its_ephemeral_volume_is_its_own_and_gone_with_its_container()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        var deploy = await fleet.DeployAsync($$"""
            service "writer" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sh", "-c", "trap 'exit 3' USR1; [ -e /data/mark ] && echo used || echo empty; echo $PORT > /data/mark; echo wrote $PORT; while true; do sleep 0.1; done"]
              network    = "host"
              port       = 80
              replicas   = 2
              stop_grace = "0s"
              health { command = ["/bin/cat", "/data/mark"] }
              volume "scratch" {
                path      = "/data"
                ephemeral = true
              }
            }
            """);
        Assert.False(deploy.HasFailed, deploy.Steps[0].Reason);
        var allocs = (await fleet.NowAsync()).AllocsOf("writer").Where(alloc => !alloc.IsTerminal).ToList();
        Assert.Equal(2, allocs.Count);
        // Each has its own port.
        Assert.Equal(allocs.Select(PortOf).Order(), Marks().Order());

        // One that is started again finds nothing of what was there before, as it says itself.
        await engine.DockerAsync("kill", "-s", "USR1", fleet.ContainerOf(allocs[0].Id));
        var again = (await fleet.UntilAsync("it was started again", now => now.Allocs[allocs[0].Id] is { Restarts: 1, Status: AllocStatus.Healthy })).Allocs[allocs[0].Id];
        await Processes.Until.TrueAsync("it says so", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(again.Id)).Count is 4);
        Assert.Equal(["empty", $"wrote {PortOf(allocs[0])}", "empty", $"wrote {PortOf(again)}"], await fleet.LogAsync(again.Id));
        Assert.Equal(new[] { PortOf(again), PortOf(allocs[1]) }.Order(), Marks().Order());

        await fleet.DeployAsync("task \"other\" { image = \"x\" }");
        await Processes.Until.TrueAsync("nothing is left of them", TimeSpan.FromSeconds(30), () => Task.FromResult(Directory.GetFileSystemEntries(fleet.ScratchDirectory) is []));

        static string PortOf(AllocRecord alloc) => alloc.Address!.Split(':')[^1];
        IEnumerable<string> Marks() => Directory.GetFiles(fleet.ScratchDirectory, "mark", SearchOption.AllDirectories).Select(path => File.ReadAllText(path).Trim());
    }

    /// <summary>A web server that says its version and a secret.</summary>
    private static string Web(string version) => $$"""
        service "web" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sh", "-c", "mkdir -p /www && echo -n \"{{version}} $GREETING\" > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port       = 80
          replicas   = 1
          memory     = "64M"
          stop_grace = "2s"
          env { GREETING = "${secret(greeting)}" }
          health { path = "/index.html" }
          update { drain = "200ms" }
        }
        """;

    private static async Task<string> GetAsync(LoneFleet fleet)
    {
        var address = (await fleet.NowAsync()).AllocsOf("web").First(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false }).Address;
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://{address}/index.html"));
    }

    /// <summary>One request after the other, each to a replica that serves.</summary>
    private static async Task<(int Answers, int Failures)> LoadAsync(LoneFleet fleet, CancellationToken cancellationToken)
    {
        var (answers, failures) = (0, 0);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await GetAsync(fleet);
                answers++;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException)
            {
                failures++;
            }
        }
        return (answers, failures);
    }

    private async Task<List<string>> ContainersAsync() => [.. (await engine.DockerAsync("ps", "-q", "--no-trunc")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
