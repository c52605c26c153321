namespace Mill.Simulation.Cluster;

/// <summary>
/// Runs many seeds side by side: one event of each, then all come to rest, then the next. That keeps every core busy, although nothing of one seed ever
/// happens at once.
/// </summary>
internal sealed class Lockstep(ClusterMutation mutation, Action<ClusterRun> done)
{
    private const int SideBySide = 48;

    private readonly PoolRest _rest = new();
    private readonly List<ClusterScenario> _running = [];

    /// <summary>Runs on a thread of its own: the pool must be free for the code under test.</summary>
    public static Task RunAsync(IEnumerable<int> seeds, ClusterMutation mutation, Action<ClusterRun> done)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                new Lockstep(mutation, done).Run(seeds);
                ended.SetResult();
            }
#pragma warning disable CA1031 // Whatever it is, the test is told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = "lockstep" };
        thread.Start();
        return ended.Task;
    }

    private void Run(IEnumerable<int> seeds)
    {
        using var next = seeds.GetEnumerator();
        while (Fill(next))
        {
            _rest.Wait(() => _running.Exists(scenario => scenario.IsLoading));
            foreach (var scenario in _running) scenario.World.Settle();
            foreach (var scenario in _running.Where(scenario => !scenario.TryStep()).ToList())
            {
                _running.Remove(scenario);
                done(scenario.Result());
            }
        }
    }

    private bool Fill(IEnumerator<int> seeds)
    {
        while (_running.Count < SideBySide && seeds.MoveNext()) _running.Add(new(seeds.Current, mutation));
        return _running.Count > 0;
    }
}
