namespace Mill.Simulation.Cluster;

/// <summary>
/// Waits until no thread of the pool has anything to do. All that the code under test does, it does there; so nothing then moves by itself. Needs the process
/// for itself: tests that use the pool must not run meanwhile.
/// </summary>
internal sealed class PoolRest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long the pool is watched at first: what the test host does to begin with is over by then.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(1);

    private static readonly Lazy<int> AtFirst = new(Strangers);

    /// <summary>Threads of the test host that never come back: it waits on them for what it is told.</summary>
    private int _strangers = AtFirst.Value;

    public void Wait(Func<bool> isLoading)
    {
        var spin = new SpinWait();
        var start = TimeProvider.System.GetTimestamp();
        while (isLoading() || !IsAtRest() || !IsStill())
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (spin.Count % 4096 != 0 || TimeProvider.System.GetElapsedTime(start) < Patience) continue;
            if (isLoading() || ThreadPool.PendingWorkItemCount > 0) throw new InvalidOperationException("The pool does not come to rest.");
            _strangers = Busy();
        }
    }

    /// <summary>The order of the looks matters: a thread that works was seen working, or what it left behind is seen waiting.</summary>
    private bool IsAtRest()
    {
        if (ThreadPool.PendingWorkItemCount > 0) return false;
        var busy = Busy();
        if (busy < _strangers) _strangers = busy;
        return busy <= _strangers && ThreadPool.PendingWorkItemCount == 0;
    }

    /// <summary>Looks again, after whoever is about to do something had time to.</summary>
    private bool IsStill()
    {
        Thread.Yield();
        return IsAtRest();
    }

    private static int Strangers()
    {
        var (start, fewest) = (TimeProvider.System.GetTimestamp(), int.MaxValue);
        while (TimeProvider.System.GetElapsedTime(start) < Watched)
        {
            fewest = Math.Min(fewest, Busy());
            Thread.Yield();
        }
        return fewest;
    }

    private static int Busy()
    {
        ThreadPool.GetMaxThreads(out var all, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return all - free;
    }
}
