namespace Mill.Tests.Sync;

/// <summary>A clock that jumps to the next timer as soon as there is one: nobody waits. Timers of a day and more, or of <see cref="NeverFrom"/>, never fire; whoever limits a request with it gives it that long.</summary>
internal sealed class HastyTime : TimeProvider
{
    public static readonly TimeSpan Never = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers as long as this never fire, nor longer ones.</summary>
    public TimeSpan NeverFrom { get; init; } = Never;

    /// <summary>What was waited for, all in all.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public void Advance(TimeSpan by)
    {
        lock (_lock) _now += by;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HastyTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class HastyTimer(HastyTime time, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _isStopped;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan || dueTime >= time.NeverFrom) return true;
            lock (time._lock)
            {
                time._now += dueTime;
                time.Waits.Add(dueTime);
            }
            ThreadPool.QueueUserWorkItem(_ =>
            {
                if (!_isStopped) callback(state);
            });
            return true;
        }

        public void Dispose() => _isStopped = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
