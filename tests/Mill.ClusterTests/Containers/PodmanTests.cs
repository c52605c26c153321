using Mill.ClusterTests.Processes;
using Mill.Core.Fleet;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>The same agent on a Podman: what it needs of an engine is there as well.</summary>
public sealed class PodmanTests(PodmanEngine engine) : IClassFixture<PodmanEngine>
{
    private const string Canary = "c4n4ry-0f-p0dm4n";

    [Fact]
    public async Task A_service_is_started_heard_taken_up_again_and_ended()
    {
        await using (var fleet = await LoneFleet.StartAsync(engine.Address))
        {
            await fleet.SetSecretAsync("greeting", Canary);
            var deploy = await fleet.DeployAsync($$"""
                service "web" {
                  image      = "{{DockerEngine.Image}}"
                  command    = ["/bin/sh", "-c", "echo it begins with $GREETING; mkdir -p /www && echo -n $GREETING > /www/index.html && exec httpd -f -p $PORT -h /www"]
                  port       = 80
                  stop_grace = "1s"
                  env { GREETING = "${secret(greeting)}" }
                  health { path = "/index.html" }
                }
                """);
            Assert.False(deploy.HasFailed, deploy.Steps[0].Reason);
            var alloc = Assert.Single((await fleet.NowAsync()).AllocsOf("web"));
            using var http = new HttpClient();
            Assert.Equal(Canary, await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
            await Until.TrueAsync("it is heard", TimeSpan.FromSeconds(30), async () => (await fleet.LogAsync(alloc.Id)).SequenceEqual(["it begins with [REDACTED]"]));
            var running = await RunningAsync();
            Assert.Single(running);

            await fleet.StopAgentAsync();
            var life = fleet.Said!.Life;
            fleet.StartAgent();
            await Until.TrueAsync("it is taken up", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Life > life && fleet.Said.Usage.Any(usage => usage is { Memory: > 0 })));
            Assert.Equal(running, await RunningAsync());
            Assert.Equal((AllocStatus.Healthy, 0), ((await fleet.NowAsync()).Allocs[alloc.Id].Status, (await fleet.NowAsync()).Allocs[alloc.Id].Restarts));
            Assert.Equal(["it begins with [REDACTED]"], await fleet.LogAsync(alloc.Id));

            await engine.PodmanAsync("kill", fleet.ContainerOf(alloc.Id));
            await fleet.UntilAsync("it was started again", now => now.Allocs[alloc.Id] is { Restarts: 1, Status: AllocStatus.Healthy });
            Assert.Equal(Canary, await http.GetStringAsync(new Uri($"http://{(await fleet.NowAsync()).Allocs[alloc.Id].Address}/index.html")));
            await fleet.DeployAsync("task \"other\" { image = \"x\" }");
            await Until.TrueAsync("nothing is left of it", TimeSpan.FromSeconds(30), async () => (await engine.PodmanAsync("ps", "-aq")).Length is 0);
        }
    }

    [Fact]
    public async Task A_task_ends_with_its_exit_code_and_its_last_lines()
    {
        await using var fleet = await LoneFleet.StartAsync(engine.Address);
        var id = await AgentRestartTests.StartTaskAsync(fleet, "echo did it; exit 5");
        var now = await fleet.UntilAsync("it has ended", state => state.Allocs[id].IsTerminal);
        Assert.Equal((AllocStatus.Failed, 5), (now.Allocs[id].Status, now.Allocs[id].ExitCode));
        Assert.Equal(["did it"], now.Allocs[id].LastLines);
    }

    private async Task<List<string>> RunningAsync() => [.. (await engine.PodmanAsync("ps", "-q", "--no-trunc")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
