namespace Mill.Simulation.Cluster;

/// <summary>The time of the store's own leader, by which it counts leases.</summary>
/// <param name="fire">Does what a timer is for.</param>
internal sealed class StoreClock(World world, Action<Action> fire) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => world.Now;

    public override DateTimeOffset GetUtcNow() => NodeClock.Start.AddTicks(world.Now);

    // The store is not a process of ours: its timers need no thread of their own, and what they do is done when they return.
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WorldTimer(world, life: null, "store", () => fire(() => callback(state)));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>The clocks of one machine: the wall clock, which may be wrong and be set; and the steady one, which drives timers and stands still in sleep.</summary>
internal sealed class NodeClock(World world, Life life, WallClock wall) : TimeProvider
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => life.Now - life.Slept;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(life.Now + wall.Ahead.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        // In a turn of its own, as a real one: not within the event of the world.
        var timer = new WorldTimer(world, life, $"{life}", () => ThreadPool.QueueUserWorkItem(_ => callback(state)));
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>How wrong the wall clock of a machine is. Outlives every process there.</summary>
internal sealed class WallClock
{
    public TimeSpan Ahead { get; set; }
}

/// <summary>
/// The clock that a lease is judged by: it goes on while the process is stopped and the machine sleeps. A look at it is the worst moment to be stopped, because
/// what is answered was seen before it.
/// </summary>
internal sealed class LeaseClock(World world, Life life, ClusterMutation mutation) : TimeProvider
{
    private Stop? _next;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The process is stopped at its next look at the clock, before it sees the time.</summary>
    public void StopAtNextLook(TimeSpan time, bool isAsleep) => _next = new(time, isAsleep);

    public override long GetTimestamp()
    {
        if (Interlocked.Exchange(ref _next, null) is { } stop)
        {
            life.Stop(stop.Time, stop.IsAsleep);
            world.Ask($"{life} is stopped for {stop.Time.Ticks} as it looks at its lease", from: null, () => world.Tally.Count("stopped between a look at the state and a look at the lease"));
        }
        return mutation is ClusterMutation.LeaseForEver ? 0 : life.Now;
    }

    private sealed record Stop(TimeSpan Time, bool IsAsleep);
}
