using Mill.Testing;

namespace Mill.Simulation;

/// <summary>A machine's two clocks. The steady one drives timers; the wall clock follows it, but may jump either way or stand still.</summary>
internal sealed class SimulatedClock(Action armed) : TimeProvider
{
    private readonly ManualTime _steady = new();
    private TimeSpan _offset;
    private DateTimeOffset? _frozen;

    /// <summary>The latest wall time that was ever shown.</summary>
    public DateTimeOffset Highest { get; private set; }

    public bool HasTimers => _steady.ArmedTimers > 0;

    public override long TimestampFrequency => _steady.TimestampFrequency;

    public override long GetTimestamp() => _steady.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _frozen ?? (_steady.GetUtcNow() + _offset);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _steady.CreateTimer(callback, state, dueTime, period);
        armed();
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        _steady.Advance(by);
        Note();
    }

    /// <summary>Sets the wall clock forward or back.</summary>
    public void Jump(TimeSpan by)
    {
        _offset += by;
        Note();
    }

    public void Freeze() => _frozen = GetUtcNow();

    public void Thaw()
    {
        _frozen = null;
        Note();
    }

    private void Note() => Highest = GetUtcNow() > Highest ? GetUtcNow() : Highest;
}
