namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>What the machine adds to the time of an answer: a promise of seconds is the node's, and a machine that stands still for two of them is not.</summary>
internal static class Stall
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>The slowest answer to a request that waits for nothing, of those that were sent to the same node one after the other while the task ran.</summary>
    public static async Task<(T Result, TimeSpan Slowest)> BesideAsync<T>(NodeApi api, Task<T> task)
    {
        var slowest = TimeSpan.Zero;
        do
        {
            var reply = await api.SendAsync(HttpMethod.Get, "/healthz");
            if (reply.Took > slowest) slowest = reply.Took;
            await Task.WhenAny(task, Task.Delay(Step, TimeProvider.System));
        }
        while (!task.IsCompleted);
        return (await task, slowest);
    }
}
