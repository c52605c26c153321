using System.Globalization;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>Containers with a network of their own: for images whose port nobody can choose.</summary>
public sealed class BridgeTests
{
    [NetworkFact]
    public async Task A_port_that_is_fixed_in_the_image_is_reached_at_one_of_the_nodes_own()
    {
        using var network = TestNetwork.Create();
        using var machine = network.Add(1);
        var engine = await DockerEngine.StartOnAsync(machine);
        try
        {
            await using var fleet = await LoneFleet.StartAsync(engine.Address, machine.Address.ToString());
            // Two on one node: inside, both have the same port.
            var deploy = await fleet.DeployAsync($$"""
                service "web" {
                  image      = "{{DockerEngine.Image}}"
                  command    = ["/bin/sh", "-c", "mkdir -p /www && echo -n told $PORT > /www/index.html && exec httpd -f -p 8080 -h /www"]
                  network    = "bridge"
                  port       = 8080
                  replicas   = 2
                  stop_grace = "1s"
                  health { path = "/index.html" }
                }
                """);
            Assert.False(deploy.HasFailed, deploy.Steps[0].Reason);
            var allocs = (await fleet.NowAsync()).AllocsOf("web").ToList();
            Assert.Equal(2, allocs.Select(alloc => alloc.Address).Distinct().Count());
            using var http = new HttpClient();
            foreach (var alloc in allocs)
            {
                Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{machine.Address}:"), alloc.Address, StringComparison.Ordinal);
                Assert.Equal("told 8080", await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
            }

            await fleet.StopAgentAsync();
            var life = fleet.Said!.Life;
            fleet.StartAgent();
            await Until.TrueAsync("they are taken up", TimeSpan.FromSeconds(30), () => Task.FromResult(fleet.Said!.Life > life && fleet.Said.Usage.Count is 2));
            Assert.Equal(allocs, (await fleet.NowAsync()).AllocsOf("web"));
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }
}
