using Mill.Client.Contracts;
using Mill.ClusterTests.Cluster.Network;
using Xunit;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>Tasks on three nodes with an Engine each.</summary>
[Collection(ThreeMachines.Group)]
public sealed class TaskScenarios(ThreeMachines machines)
{
    /// <summary>Of one name, that have ended: the rest is forgotten.</summary>
    private const int MostKept = 100;

    [NetworkFact]
    public async Task A_task_is_spawned_seen_killed_and_never_started_again_and_one_that_takes_too_long_ends()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync($$"""
            task "job" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "1000"]
              cpu        = 0.2
              memory     = "16M"
              stop_grace = "0s"
            }
            """)).Outcome);
        var job = await machines.Client.SpawnAsync(new() { Task = "job" });
        var late = await machines.Client.SpawnAsync(new() { Task = "job", Timeout = "1s" });
        Assert.StartsWith("job-", job.Id, StringComparison.Ordinal);
        Assert.Contains(job.Status, (string[])["pulling", "starting", "running"]);
        Assert.Contains(job.Node, machines.Rig.Nodes.Select(node => node.Name));

        await ThreeMachines.UntilAsync("it runs", async () => (await TaskAsync(job)).Status is "running");
        Assert.Equal(0.2m, (await machines.Client.ListTasksAsync()).Tasks.Single(task => task.Id == job.Id).Cpu);
        var container = Assert.Single(await machines.ContainersAsync(), one => one.Alloc == job.Id);
        Assert.Equal(job.Node, container.Node);

        await machines.Client.KillTaskAsync(job.Id);
        await ThreeMachines.UntilAsync("both have ended, and nothing is left of them", async () =>
            (await TaskAsync(job)).EndedAt is not null && (await TaskAsync(late)).EndedAt is not null && (await machines.ContainersAsync(all: true)).Count is 0);
        Assert.Equal("stopped", (await TaskAsync(job)).Status);
        var ended = await TaskAsync(late);
        Assert.Equal(("failed", $"{late.Id} had not ended after 1s"), (ended.Status, ended.Reason));
        Assert.Empty((await machines.Client.ListTasksAsync()).Tasks);
        Assert.Superset(new HashSet<string> { job.Id, late.Id }, (await machines.Client.ListTasksAsync(all: true)).Tasks.Select(task => task.Id).ToHashSet());
    }

    [NetworkFact]
    public async Task Of_tasks_that_have_ended_only_the_last_are_kept()
    {
        await machines.ReadyAsync();
        Assert.Equal("done", (await machines.DeployAsync($"task \"short\" {{\n image = \"{MillFiles.NoImage}\"\n cpu = 0.01\n memory = \"8M\"\n}}")).Outcome);
        var spawned = new List<string>();
        while (spawned.Count < MostKept + 5) spawned.Add((await machines.Client.SpawnAsync(new() { Task = "short" })).Id);

        await ThreeMachines.UntilAsync("as many are left as are kept", async () => await EndedAsync() is { Count: MostKept });
        Assert.Subset(spawned.ToHashSet(), (await EndedAsync()).Select(task => task.Id).ToHashSet());
        Assert.All(await EndedAsync(), task => Assert.Equal("failed", task.Status));
        Assert.Empty(await machines.ContainersAsync(all: true));
    }

    private Task<TaskResponse> TaskAsync(TaskResponse task) => machines.Client.GetTaskAsync(task.Id);

    /// <summary>Empty for as long as one is at work.</summary>
    private async Task<IReadOnlyList<TaskResponse>> EndedAsync()
    {
        var tasks = (await machines.Client.ListTasksAsync(all: true)).Tasks.Where(task => task.Name is "short").ToList();
        return tasks.TrueForAll(task => task.EndedAt is not null) ? tasks : [];
    }
}
