namespace Mill.Simulation.Cluster;

/// <summary>A timer in a world. A process that sleeps with its machine does not count that time.</summary>
internal sealed class WorldTimer(World world, Life? life, string name, Action fire) : ITimer
{
    private readonly Lock _lock = new();
    private int _setting;

    private long Now => life is null ? world.Now : life.Now - life.Slept;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero) throw new NotSupportedException("No timer here repeats itself.");
        int setting;
        lock (_lock) setting = ++_setting;
        if (dueTime == Timeout.InfiniteTimeSpan) return true;
        var due = Now + dueTime.Ticks;
        world.Ask($"{name} timer {due}", life, () => Await(due, setting));
        return true;
    }

    public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Await(long due, int setting) => world.At(world.Now + (due - Now), () => Fire(due, setting), life, () => IsSet(setting));

    private void Fire(long due, int setting)
    {
        if (Now < due) Await(due, setting);
        else fire();
    }

    private bool IsSet(int setting)
    {
        lock (_lock) return _setting == setting;
    }
}
