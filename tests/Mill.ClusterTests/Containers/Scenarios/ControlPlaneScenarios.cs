using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Xunit;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>What decides goes away for a while; what runs goes on.</summary>
[Collection(ThreeMachines.Group)]
public sealed class ControlPlaneScenarios(ThreeMachines machines)
{
    /// <summary>Longer than a node may be silent.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(11);

    [NetworkFact]
    public async Task A_rollback_is_finished_by_the_next_leader_and_nothing_is_half_of_each()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 2))).Outcome);
        var before = await machines.ContainersAsync();
        // It never becomes healthy, and its end takes a while: in the middle of that, the leader is killed.
        var bad = MillFiles.Web("web", "v2", replicas: 2, update: "deadline = \"2s\"", grace: "5s").Replace("/www/index.html", "/www/elsewhere", StringComparison.Ordinal);
        var deploy = await machines.Client.DeployAsync(bad);
        await ThreeMachines.UntilAsync("it goes back", async () => (deploy = await machines.Client.GetDeployAsync(deploy.Number)).Steps is [{ Phase: "restoring" }]);
        var leader = await machines.Rig.LeaderAsync();
        await leader.KillAsync();
        await machines.StartAsync(leader);

        var ended = await machines.EndOfAsync(deploy);
        Assert.Equal("failed", ended.Outcome);
        Assert.Contains("was not healthy within 2s", Assert.Single(ended.Steps).Reason, StringComparison.Ordinal);
        var web = await machines.UntilAsync("as before", "web", web => web.Replicas is { Desired: 2, Healthy: 2 } && web.Allocations.Count is 2);
        Assert.All(web.Allocations, alloc => Assert.NotEqual(deploy.Number, alloc.Version));
        await machines.UntilOnlyAsync(before);
    }

    [NetworkFact]
    public async Task Nothing_restarts_when_no_node_reaches_another_for_a_while_nor_when_all_servers_are_killed()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3))).Outcome);
        var task = await machines.Client.SpawnAsync(new() { Image = DockerEngine.Image, Command = ["/bin/sleep", "1000"], Cpu = 0.1m, Memory = "16M" });
        await ThreeMachines.UntilAsync("the task runs", async () => (await machines.Client.GetTaskAsync(task.Id)).Status is "running");
        var (web, before) = (await machines.Client.GetServiceAsync("web"), await machines.ContainersAsync());
        Assert.Equal(4, before.Count);

        machines.SetLinks(Link.Cut);
        await Task.Delay(Outage, TimeProvider.System);
        await RequireServedAsync(web.Allocations.Select(alloc => alloc.Address!));
        machines.SetLinks(Link.Good);
        await RequireSameAsync(before, task.Id);

        await RigNode.KillAsync(machines.Rig.Nodes);
        await Task.Delay(Outage, TimeProvider.System);
        await RequireServedAsync(web.Allocations.Select(alloc => alloc.Address!));
        foreach (var node in machines.Rig.Nodes) node.Launch();
        await Task.WhenAll(machines.Rig.Nodes.Select(machines.StartAsync));
        await RequireSameAsync(before, task.Id);
        Assert.Equal(web.Allocations.Select(alloc => (alloc.Id, 0)).Order(), (await machines.Client.GetServiceAsync("web")).Allocations.Select(alloc => (alloc.Id, alloc.Restarts)).Order());
    }

    private static async Task RequireServedAsync(IEnumerable<string> addresses)
    {
        using var http = new HttpClient();
        foreach (var address in addresses) Assert.Equal("v1", await http.GetStringAsync(new Uri($"http://{address}/index.html")));
    }

    /// <summary>A leader has heard of all of them for as long as any may be silent, and nothing is any different.</summary>
    private async Task RequireSameAsync(IReadOnlyList<Running> before, string task)
    {
        // Whoever leads decides again: what it begins is carried out.
        await ThreeMachines.UntilAsync("a deploy goes well", IsDeployedAsync);
        Assert.Equal(before, (await machines.ContainersAsync(all: true)).Where(one => !one.Alloc.StartsWith("probe-", StringComparison.Ordinal)));
        Assert.Equal("running", (await machines.Client.GetTaskAsync(task)).Status);
    }

    private async Task<bool> IsDeployedAsync() => (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3) + MillFiles.Web("probe", Guid.NewGuid().ToString("N")))).Outcome is "done";
}
