namespace Mill.Simulation.Cluster;

/// <summary>One life of a process: from its start to its crash, with all the times at which it was stopped in between.</summary>
internal sealed class Life(World world, string name)
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _resumesAt;
    private long _slept;

    /// <summary>Done once it is dead: nothing that it was asked will be answered.</summary>
    public Task Died => _died.Task;

    public bool IsDead => Died.IsCompleted;

    /// <summary>Until then it is stopped: nothing reaches it, and nothing leaves it.</summary>
    public long ResumesAt => Volatile.Read(ref _resumesAt);

    /// <summary>For how long its machine slept, all in all. Timers do not count that.</summary>
    public long Slept => Volatile.Read(ref _slept);

    /// <summary>The time as it is for this process. What it still does while it is stopped, it really does afterwards.</summary>
    public long Now => Math.Max(world.Now, ResumesAt);

    public void Stop(TimeSpan time, bool isAsleep)
    {
        if (ResumesAt > world.Now) return; // or one that is stopped again and again would never go on
        Volatile.Write(ref _resumesAt, world.Now + time.Ticks);
        if (isAsleep) Interlocked.Add(ref _slept, time.Ticks);
    }

    public void Die() => _died.TrySetResult();

    /// <summary>Returns in an event of its own, once the process is not stopped: what several of its threads do at the same time is then done in one order. Also once it is dead.</summary>
    public async Task TurnAsync(string what)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Ask($"{name} {what}", this, () => world.At(Now, turn.SetResult, this));
        await Task.WhenAny(turn.Task, Died);
    }

    public override string ToString() => name;
}
