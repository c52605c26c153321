using System.Security.Cryptography;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.ClusterTests.Canaries;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What is deployed over HTTP to a real server runs in real containers.</summary>
public sealed class DeployedTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    /// <summary>Says where it was told that the other one is.</summary>
    private const string Peer = $$"""

        service "peer" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sh", "-c", "mkdir -p /www && echo -n $WEB > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port       = 80
          stop_grace = "1s"
          env { WEB = "${service.web.address}" }
        }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_lone_server_runs_a_service_with_its_secret_and_the_secret_is_nowhere_else()
    {
        var canary = new Canary($"canary-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20))}");
        using var sandbox = new Sandbox();
        await using (var server = await MillServer.StartAsync(sandbox, more: ["--docker", engine.Address.ToString(), "--label", "disk=ssd", "--log-level", "debug"]))
        {
            using var client = new MillClient(new() { Address = new(server.Address), Token = sandbox.Token });
            await UntilReadyAsync(client);
            using (var value = SecretValue.FromText(canary.Text)) await client.SetAsync("app/db", value);
            Assert.Equal("done", await DeployAsync(client, Web() + Peer));

            var service = await client.GetServiceAsync("web");
            var alloc = Assert.Single(service.Allocations);
            Assert.Equal("healthy", alloc.Status);
            using var http = new HttpClient();
            Assert.Equal(canary.Text, await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
            Assert.Equal(alloc.Address, await http.GetStringAsync(new Uri($"http://{(await client.GetServiceAsync("peer")).Allocations.Single().Address}/index.html")));
            Assert.Equal("ssd", (await client.ListNodesAsync()).Nodes.Single().Containers!.Labels["disk"]);
            Assert.Contains("it begins with [REDACTED]", await LinesAsync(client, "web"));

            var task = await client.SpawnAsync(new() { Image = DockerEngine.Image, Command = ["/bin/sh", "-c", "echo $MODE; exit 3"], Env = new Dictionary<string, string> { ["MODE"] = "once" } });
            await Until.TrueAsync("the task has ended", Patience, async () => (task = await client.GetTaskAsync(task.Id)).EndedAt is not null);
            Assert.Equal(("failed", 3), (task.Status, task.ExitCode));
            Assert.Equal(["once"], await LinesAsync(client, task.Id));

            // Stopped and started again, the server finds its container as it is.
            Assert.Equal(0, await server.StopAsync());
            await using (var again = await MillServer.StartAsync(sandbox, more: ["--docker", engine.Address.ToString(), "--listen", new Uri(server.Address).Authority, "--log-level", "debug"]))
            {
                Assert.Equal(canary.Text, await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
                await UntilReadyAsync(client);
                Assert.Equal((alloc.Id, 0), ((await client.GetServiceAsync("web")).Allocations.Single().Id, (await client.GetServiceAsync("web")).Allocations.Single().Restarts));
                Assert.Equal("done", await DeployAsync(client, $"task \"job\" {{ image = \"{DockerEngine.Image}\" }}"));
                Assert.Empty((await client.ListServicesAsync()).Services);
                Hiding.RequireNotInProcess(again.Process.Id, [canary]);
                Hiding.RequireNotInText(again.Process.Output + again.Process.Errors, [canary], "what the server says");
            }
            Hiding.RequireNotInText(server.Process.Output + server.Process.Errors, [canary], "what the server says");
        }
        Assert.NotEqual(0, Hiding.RequireNotInFiles(sandbox, [canary]));
    }

    private static string Web() => $$"""
        service "web" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sh", "-c", "echo it begins with $DB; mkdir -p /www && echo -n $DB > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port       = 80
          stop_grace = "1s"
          env { DB = "${secret(app/db)}" }
          constraints { disk = "ssd" }
        }
        """;

    private static Task UntilReadyAsync(MillClient client) =>
        Until.TrueAsync("the node is ready", Patience, async () => (await client.ListNodesAsync()).Nodes.Single().Containers is { State: "ready" });

    private static async Task<string> DeployAsync(MillClient client, string file) => (await LastAsync(client, (await client.DeployAsync(file)).Number)).Outcome;

    private static async Task<DeployResponse> LastAsync(MillClient client, int number)
    {
        using var limit = new CancellationTokenSource(Patience);
        DeployResponse? last = null;
        await foreach (var deploy in client.FollowDeployAsync(number, cancellationToken: limit.Token)) last = deploy;
        return last!;
    }

    private static async Task<List<string>> LinesAsync(MillClient client, string name)
    {
        var lines = new List<string>();
        await foreach (var line in client.ReadLogsAsync(name)) lines.Add(line.Line);
        return lines;
    }
}
