using System.Globalization;
using System.Security.Cryptography;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.ClusterTests.Canaries;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What is deployed over HTTP to real servers runs in real containers.</summary>
public sealed class DeployedTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_lone_server_runs_a_service_with_its_secret_and_the_secret_is_nowhere_else()
    {
        var canary = new Canary($"canary-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20))}");
        using var sandbox = new Sandbox();
        await using (var server = await MillServer.StartAsync(sandbox, more: ["--docker", engine.Address.ToString(), "--label", "disk=ssd", "--log-level", "debug"]))
        {
            using var client = new MillClient(new() { Address = new(server.Address), Token = sandbox.Token });
            await UntilReadyAsync(client, 1);
            using (var value = SecretValue.FromText(canary.Text)) await client.SetAsync("app/db", value);
            Assert.Equal("done", await DeployAsync(client, Web()));

            var service = await client.GetServiceAsync("web");
            var alloc = Assert.Single(service.Allocations);
            Assert.Equal("healthy", alloc.Status);
            using var http = new HttpClient();
            Assert.Equal(canary.Text, await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
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
                await UntilReadyAsync(client, 1);
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

    [NetworkFact]
    public async Task A_deploy_through_a_follower_is_finished_by_the_next_leader_when_the_leader_is_killed()
    {
        await using var rig = ClusterRig.Create();
        Action<RigNode> prepare = node => node.Environment["DOCKER_HOST"] = engine.Address.ToString();
        await rig.InitAsync(prepare);
        for (var i = 1; i < 3; i++) await rig.JoinAsync(prepare);
        var leader = await rig.LeaderAsync();
        var others = rig.Nodes.Where(node => node != leader).ToList();
        using var client = new MillClient(new()
        {
            Address = others[0].Url,
            Fallbacks = [others[1].Url],
            Authority = rig.Access.Authority,
            Token = rig.Access.Token,
        });
        await UntilReadyAsync(client, 3);

        var deploy = await client.DeployAsync(Workers());
        await Until.TrueAsync("a part of it runs", Patience, async () => (await client.ListServicesAsync()).Services.Any(service => service.Replicas.Healthy > 0));
        Assert.Equal("running", (await client.GetDeployAsync(deploy.Number)).Outcome);
        await leader.KillAsync();

        Assert.Equal("done", (await LastAsync(client, deploy.Number)).Outcome);
        await Until.TrueAsync("all of it runs on nodes that are there", Patience, async () =>
        {
            var service = await client.GetServiceAsync("worker");
            return service.Replicas is { Desired: 3, Healthy: 3 } && service.Allocations.All(alloc => alloc.Node != leader.Name);
        });
        Assert.Equal("down", (await client.ListNodesAsync()).Nodes.Single(node => node.Name == leader.Name).Containers!.State);
        Assert.Equal("done", await DeployAsync(client, $"task \"job\" {{ image = \"{DockerEngine.Image}\" }}"));
    }

    private static string Web() => $$"""
        service "web" {
          image   = "{{DockerEngine.Image}}"
          command = ["/bin/sh", "-c", "echo it begins with $DB; mkdir -p /www && echo -n $DB > /www/index.html && exec httpd -f -p $PORT -h /www"]
          port    = 80
          env { DB = "${secret(app/db)}" }
          constraints { disk = "ssd" }
        }
        """;

    /// <summary>Without a port: the machines of the rig and the containers have networks of their own.</summary>
    private static string Workers() => $$"""
        service "worker" {
          image      = "{{DockerEngine.Image}}"
          command    = ["/bin/sleep", "1000"]
          replicas   = 3
          cpu        = 0.1
          memory     = "16M"
          stop_grace = "1s"
          update { healthy_for = "5s" }
        }
        """;

    private static Task UntilReadyAsync(MillClient client, int nodes) =>
        Until.TrueAsync(string.Create(CultureInfo.InvariantCulture, $"{nodes} nodes are ready"), Patience, async () => (await client.ListNodesAsync()).Nodes.Count(node => node.Containers is { State: "ready" }) == nodes);

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
