using Mill.ClusterTests.Cluster.Network;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>Machines that are lost, and machines that are to be empty, with containers on them.</summary>
[Collection(ThreeMachines.Group)]
public sealed class NodeScenarios(ThreeMachines machines)
{
    [NetworkFact]
    public async Task What_ran_on_a_machine_that_is_lost_comes_back_elsewhere_and_its_tasks_have_failed()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3))).Outcome);
        var before = await machines.Client.GetServiceAsync("web");
        var task = await machines.Client.SpawnAsync(new() { Image = DockerEngine.Image, Command = ["/bin/sleep", "1000"], Cpu = 0.1m, Memory = "16M" });
        await ThreeMachines.UntilAsync("the task runs", async () => (await machines.Client.GetTaskAsync(task.Id)).Status is "running");
        var lost = machines.Rig.Nodes.Single(node => node.Name == task.Node);
        await machines.LoseAsync(lost);

        var after = await machines.UntilAsync("all of it runs on machines that are there", "web", web => web.Replicas is { Desired: 3, Healthy: 3 } && web.Allocations.All(alloc => alloc.Node != lost.Name));
        Assert.Superset(before.Allocations.Where(alloc => alloc.Node != lost.Name).Select(alloc => (alloc.Id, 0)).ToHashSet(), after.Allocations.Select(alloc => (alloc.Id, alloc.Restarts)).ToHashSet());
        await machines.UntilAllIsToldAsync("web", 3);
        Assert.True(await machines.OfAsync(lost) is { State: "down", Allocs: 0 });
        task = await machines.Client.GetTaskAsync(task.Id);
        Assert.Equal(("failed", "its node was lost"), (task.Status, task.Reason));

        // It comes back, has nothing to do, and is used again.
        await machines.StartAsync(lost);
        await ThreeMachines.UntilAsync("it is ready", async () => await machines.OfAsync(lost) is { State: "ready", Allocs: 0 });
        await machines.UntilAllIsToldAsync("web", 3);
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v2", replicas: 3))).Outcome);
        Assert.Contains((await machines.Client.GetServiceAsync("web")).Allocations, alloc => alloc.Node == lost.Name);
        Assert.Equal("failed", (await machines.Client.GetTaskAsync(task.Id)).Status);
    }

    [NetworkFact]
    public async Task A_node_is_emptied_under_load_without_a_lost_answer_and_then_removed()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 2, update: MillFiles.Gentle))).Outcome);
        var serving = (await machines.Client.GetServiceAsync("web")).Allocations.Select(alloc => alloc.Node).ToList();
        var emptied = machines.Rig.Nodes.Last(node => serving.Contains(node.Name));
        await using (var load = await SteadyLoad.StartAsync(machines.Client, "web"))
        {
            await machines.Client.DrainNodeAsync(emptied.Name);
            await ThreeMachines.UntilAsync("it is empty", async () => await machines.OfAsync(emptied) is { State: "draining", Allocs: 0 });
            await load.StopAsync();
            Assert.Empty(load.Failures);
            Assert.NotEqual(0, load.AnswersOf("v1"));
        }
        // What has ended is removed once the end of it was heard.
        await ThreeMachines.UntilAsync("nothing is left there", async () => (await machines.ContainersAsync(all: true)).All(one => one.Node != emptied.Name));
        Assert.Equal(new(2, 2), (await machines.Client.GetServiceAsync("web")).Replicas);

        await machines.Rig.RemoveAsync(emptied);
        Assert.DoesNotContain((await machines.Client.ListNodesAsync()).Nodes, node => node.Name == emptied.Name);
        await machines.UntilAllIsToldAsync("web", 2);
    }

    [NetworkFact]
    public async Task A_drain_goes_on_when_the_leader_is_killed_in_the_middle_of_it()
    {
        await machines.ReadyAsync();
        // Each move takes its time, so that there is a middle.
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3, update: "healthy_for = \"3s\""))).Outcome);
        var leader = await machines.Rig.LeaderAsync();
        var emptied = machines.Rig.Nodes.First(node => node != leader);
        await machines.Client.DrainNodeAsync(emptied.Name);
        await machines.UntilAsync("another is on its way", "web", web => web.Allocations.Count > 3);
        await leader.KillAsync();

        await ThreeMachines.UntilAsync("it is empty", async () => await machines.Rig.FindLeaderAsync() is not null && await machines.OfAsync(emptied) is { State: "draining", Allocs: 0 });
        await machines.UntilAsync("all of it runs on the one that is left", "web", web => web.Replicas is { Desired: 3, Healthy: 3 } && web.Allocations.All(alloc => alloc.Node != emptied.Name && alloc.Node != leader.Name));
        // What went on beside it meanwhile has no place any more once that node is back.
        await machines.StartAsync(leader);
        await ThreeMachines.UntilAsync("the one that was killed is ready", async () => await machines.OfAsync(leader) is { State: "ready", Allocs: 0 });
        await machines.UntilAllIsToldAsync("web", 3);
    }

    [NetworkFact]
    public async Task A_deploy_is_finished_elsewhere_when_the_machine_of_the_leader_is_lost_in_the_middle_of_it()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3))).Outcome);
        using (var value = SecretValue.FromText("what was known")) await machines.Client.SetAsync("kept", value);
        var leader = await machines.Rig.LeaderAsync();
        var deploy = await machines.Client.DeployAsync(MillFiles.Web("web", "v2", replicas: 3, update: "healthy_for = \"2s\""));
        await machines.UntilAsync("a part of it runs", "web", web => web.Allocations.Any(alloc => alloc.Version == deploy.Number && alloc.Status is "healthy"));
        Assert.Equal("running", (await machines.Client.GetDeployAsync(deploy.Number)).Outcome);
        await machines.LoseAsync(leader);

        Assert.Equal("done", (await machines.EndOfAsync(deploy)).Outcome);
        var web = await machines.UntilAsync("all of it runs on machines that are there", "web", web => web.Replicas is { Desired: 3, Healthy: 3 } && web.Allocations.All(alloc => alloc.Node != leader.Name));
        using var http = new HttpClient();
        foreach (var alloc in web.Allocations) Assert.Equal("v2", await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
        await machines.UntilAllIsToldAsync("web", 3);

        // Whoever leads now knows all that was known, and takes deploys.
        await ThreeMachines.UntilAsync("the lost one is down", async () => await machines.OfAsync(leader) is { State: "down", Allocs: 0 });
        Assert.Equal(3, (await machines.Client.ListNodesAsync()).Nodes.Count);
        using (var kept = (await machines.Client.GetAsync("kept")).Value!) Assert.Equal("what was known", kept.Reveal(System.Text.Encoding.UTF8.GetString));
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("next", "v1", replicas: 2))).Outcome);
        await machines.UntilAllIsToldAsync("next", 2);

        // The one that led follows, and ends nothing.
        var before = await machines.ContainersAsync();
        await machines.StartAsync(leader);
        await ThreeMachines.UntilAsync("it is ready", async () => await machines.OfAsync(leader) is { State: "ready", Allocs: 0 });
        Assert.Equal(before, await machines.ContainersAsync());
    }
}
