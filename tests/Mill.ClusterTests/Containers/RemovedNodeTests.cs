using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>What ran on a node that is none any more may run elsewhere by now: it must not run twice.</summary>
public sealed class RemovedNodeTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [NetworkFact]
    public async Task A_node_that_was_removed_while_it_was_away_ends_its_containers_when_it_comes_back()
    {
        await using var rig = ClusterRig.Create();
        Action<RigNode> prepare = node => node.Environment["DOCKER_HOST"] = engine.Address.ToString();
        await rig.InitAsync(prepare);
        for (var i = 1; i < 3; i++) await rig.JoinAsync(prepare);
        await rig.LeaderAsync();
        var lost = rig.Nodes[2];
        using var client = rig.Nodes[0].Client(rig.Access);
        await Until.TrueAsync("all nodes are ready", Patience, async () => (await client.ListNodesAsync()).Nodes.Count(node => node.Containers is { State: "ready" }) is 3);
        var id = (await client.ListNodesAsync()).Nodes.Single(node => node.Name == lost.Name).Id!;
        await client.DeployAsync($$"""
            service "worker" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "100000"]
              replicas   = 3
              cpu        = 0.1
              memory     = "16M"
              stop_grace = "1s"
            }
            """);
        await Until.TrueAsync("one of them runs on each", Patience, async () => (await client.ListServicesAsync()).Services.Any(service => service.Replicas.Healthy is 3));
        Assert.NotEmpty(await ContainersAsync(id));

        await lost.KillAsync();
        await Until.TrueAsync("its work has moved", Patience, async () => (await client.GetServiceAsync("worker")) is { Replicas.Healthy: 3 } service && service.Allocations.All(alloc => alloc.Node != lost.Name));
        await rig.RemoveAsync(lost);
        Assert.NotEmpty(await ContainersAsync(id));
        lost.Launch();

        await Until.TrueAsync("its containers have ended", Patience, async () => (await ContainersAsync(id)).Length is 0);
        Assert.Equal(3, (await engine.DockerAsync("ps", "-q")).Split('\n').Length);
        Assert.NotEqual(0, await lost.Process.ExitAsync());
    }

    private Task<string> ContainersAsync(string node) => engine.DockerAsync("ps", "-aq", "--filter", $"label=mill.node={node}");
}
