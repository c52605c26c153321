using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

public sealed class ManualTimeTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_delay_ends_when_its_time_has_come_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(3), _time);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(delay.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await delay;
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void A_cancellation_by_time_fires()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMinutes(1), _time);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_time_and_periodic_ones_again()
    {
        var start = _time.GetUtcNow();
        var fired = new List<string>();
        void Note(object? name) => fired.Add($"{name}@{(_time.GetUtcNow() - start).TotalSeconds}");
        using var late = _time.CreateTimer(Note, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var periodic = _time.CreateTimer(Note, "tick", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["tick@2", "tick@4", "late@5", "tick@6"], fired);
        Assert.Equal(TimeSpan.FromSeconds(6), _time.GetElapsedTime(start.UtcTicks));
    }

    [Fact]
    public void A_timer_armed_by_a_callback_fires_in_the_same_advance()
    {
        var fired = 0;
        using var second = _time.CreateTimer(_ => fired++, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var first = _time.CreateTimer(_ => second.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, fired);
    }
}
