using Mill.Client.Contracts;
using Mill.ClusterTests.Cluster.Network;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>Deploys to three nodes with an Engine each, from the first one on.</summary>
[Collection(ThreeMachines.Group)]
public sealed class DeployScenarios(ThreeMachines machines)
{
    private const int Failed = 15; // the exit code of a deploy that failed

    [NetworkFact]
    public async Task One_node_is_ready_with_nothing_on_it_and_of_three_each_knows_all()
    {
        await machines.ReadyAsync();
        var first = Assert.Single(machines.Alone.Nodes);
        Assert.True(first is { State: "healthy", Leader: true, Containers: { State: "ready", Allocs: 0, Cpu.Used: 0, Memory.Used: 0 } }, $"{first}");
        foreach (var node in machines.Rig.Nodes)
        {
            using var client = node.Client(machines.Rig.Access);
            var seen = (await client.ListNodesAsync()).Nodes;
            Assert.Equal(machines.Rig.Nodes.Select(other => other.Name).Order(), seen.Select(item => item.Name).Order());
            Assert.All(seen, item => Assert.True(item.Containers is { State: "ready", Allocs: 0 }, $"{item}"));
            Assert.Empty((await client.ListServicesAsync()).Services);
            Assert.Empty((await client.ListTasksAsync()).Tasks);
        }
    }

    [NetworkFact]
    public async Task A_first_deploy_of_two_services_is_placed_and_spread_and_answers_and_what_is_removed_ends_everywhere()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 2) + MillFiles.Web("api", "one"))).Outcome);
        var (web, api) = (await machines.Client.GetServiceAsync("web"), await machines.Client.GetServiceAsync("api"));
        Assert.Equal((new ReplicasItem(2, 2), new ReplicasItem(1, 1)), (web.Replicas, api.Replicas));
        Assert.Equal(2, web.Allocations.Select(alloc => alloc.Node).Distinct().Count());
        using var http = new HttpClient();
        foreach (var alloc in web.Allocations.Concat(api.Allocations)) Assert.Equal(alloc.Id.StartsWith("web", StringComparison.Ordinal) ? "v1" : "one", await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
        await machines.UntilAllIsToldAsync("web", 2);

        // What fails beside it does not keep what is removed.
        var before = await machines.ContainersAsync();
        var (exitCode, _, errors) = await machines.DeployByHandAsync(machines.Rig.Nodes[1], MillFiles.Web("api", "two", image: MillFiles.NoImage));
        Assert.Equal(Failed, exitCode);
        Assert.Contains("api", errors, StringComparison.Ordinal);
        await machines.UntilOnlyAsync(before.Where(one => one.Alloc == api.Allocations[0].Id));
    }

    [NetworkFact]
    public async Task A_rolling_update_under_load_costs_nobody_an_answer()
    {
        await machines.ReadyAsync();
        // As it is where nobody says otherwise: two seconds between being taken out of use and the end.
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 3, update: MillFiles.Gentle))).Outcome);
        var before = await machines.Client.GetServiceAsync("web");
        await using var load = await SteadyLoad.StartAsync(machines.Client, "web");
        await ThreeMachines.UntilAsync("the load is there", () => Task.FromResult(load.AnswersOf("v1") > 100));
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v2", replicas: 3, update: MillFiles.Gentle))).Outcome);
        var last = load.AnswersOf("v2");
        await ThreeMachines.UntilAsync("the new version answers", () => Task.FromResult(load.AnswersOf("v2") > last + 100));
        await load.StopAsync();
        Assert.Empty(load.Failures);

        var after = await machines.Client.GetServiceAsync("web");
        Assert.Equal(new(3, 3), after.Replicas);
        Assert.Equal(3, after.Allocations.Select(alloc => alloc.Node).Distinct().Count());
        Assert.Empty(after.Allocations.Select(alloc => alloc.Id).Intersect(before.Allocations.Select(alloc => alloc.Id)));
        await machines.UntilAllIsToldAsync("web", 3);
    }

    [NetworkFact]
    public async Task A_bad_image_is_taken_back_and_the_allocation_that_was_there_has_never_stopped()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1"))).Outcome);
        var before = await machines.ContainersAsync();
        var id = (await machines.Client.GetServiceAsync("web")).Allocations.Single().Id;

        var deploy = await machines.DeployAsync(MillFiles.Web("web", "v2", image: MillFiles.NoImage));
        Assert.Equal("failed", deploy.Outcome);
        Assert.Contains($"the image {MillFiles.NoImage} cannot be pulled", Assert.Single(deploy.Steps).Reason, StringComparison.Ordinal);
        var web = await machines.Client.GetServiceAsync("web");
        var alloc = Assert.Single(web.Allocations);
        Assert.Equal((id, "healthy", 0, DockerEngine.Image), (alloc.Id, alloc.Status, alloc.Restarts, web.Image));
        await machines.UntilOnlyAsync(before);
    }

    [NetworkFact]
    public async Task Of_a_deploy_that_fails_in_part_what_is_good_stays()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("good", "v1") + MillFiles.Web("bad", "v1"))).Outcome);
        var before = await machines.Client.GetServiceAsync("bad");

        var said = await machines.DeployByHandAsync(machines.Rig.Nodes[2], MillFiles.Web("good", "v2") + MillFiles.Web("bad", "v2", image: MillFiles.NoImage) + MillFiles.Web("new", "v2", image: MillFiles.NoImage));
        said.Is(Failed);
        foreach (var name in (string[])["bad", "new"]) Assert.Contains($"{name}: ", said.Output + said.Errors, StringComparison.Ordinal);
        var last = (await machines.Client.ListDeploysAsync()).Deploys[0];
        Assert.Equal(("failed", "bad failed, good done, new failed"), (last.Outcome, string.Join(", ", last.Steps.Select(step => $"{step.Service} {step.Phase}"))));

        var good = await machines.UntilAsync("the good one is new", "good", service => service.Replicas is { Desired: 1, Healthy: 1 });
        using var http = new HttpClient();
        Assert.Equal("v2", await http.GetStringAsync(new Uri($"http://{good.Allocations.Single().Address}/index.html")));
        Assert.Equal(before.Allocations.Single().Id, (await machines.Client.GetServiceAsync("bad")).Allocations.Single(alloc => alloc is { Status: "healthy", Stopping: false }).Id);
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => machines.Client.GetServiceAsync("new"))).Error);
        await ThreeMachines.UntilAsync("nothing is left of what failed", async () => (await machines.ContainersAsync(all: true)).Count is 2);
    }

    [NetworkFact]
    public async Task A_secret_that_is_referred_to_is_there_and_one_that_is_gone_refuses_the_next_deploy_and_touches_nothing()
    {
        await machines.ReadyAsync();
        using (var value = SecretValue.FromText("from-the-vault")) await machines.Client.SetAsync("app/db.password", value);
        var file = MillFiles.Web("web", "$DB", more: "env { DB = \"${secret(app/db.password)}\" }");
        Assert.Equal("done", (await machines.DeployAsync(file)).Outcome);
        var alloc = (await machines.Client.GetServiceAsync("web")).Allocations.Single();
        using var http = new HttpClient();
        Assert.Equal("from-the-vault", await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));

        var before = await machines.ContainersAsync();
        await machines.Client.DeleteAsync("app/db.password");
        var refused = await Assert.ThrowsAsync<MillException>(() => machines.Client.DeployAsync(file.Replace("16M", "17M", StringComparison.Ordinal)));
        Assert.Contains("app/db.password", refused.Message, StringComparison.Ordinal);
        await machines.UntilOnlyAsync(before);
        Assert.Equal("from-the-vault", await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
    }

    [NetworkFact]
    public async Task Of_two_deploys_at_once_one_is_refused_and_the_other_is_what_runs()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync(MillFiles.Web("web", "v1", replicas: 2))).Outcome);
        var begun = await Task.WhenAll(machines.Rig.Nodes.Select(async node =>
        {
            using var client = node.Client(machines.Rig.Access);
            try
            {
                return (node.Name, Deploy: (DeployResponse?)await client.DeployAsync(MillFiles.Web("web", node.Name, replicas: 2)));
            }
            catch (MillException e) when (e.Error is MillError.DeployInProgress)
            {
                return (node.Name, Deploy: (DeployResponse?)null);
            }
        }));
        var (winner, deploy) = Assert.Single(begun, one => one.Deploy is not null);
        Assert.Equal("done", (await machines.EndOfAsync(deploy!)).Outcome);
        await machines.UntilAllIsToldAsync("web", 2);
        await ThreeMachines.UntilAsync("nothing is left of others", async () => (await machines.ContainersAsync(all: true)).Count is 2);
        using var http = new HttpClient();
        foreach (var alloc in (await machines.Client.GetServiceAsync("web")).Allocations) Assert.Equal(winner, await http.GetStringAsync(new Uri($"http://{alloc.Address}/index.html")));
    }
}
