using Mill.Node.Agent;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>A file may ask for any length of time; a timer takes no more than 49 days.</summary>
public sealed class PauseTests
{
    [Fact]
    public async Task A_pause_may_be_longer_than_any_timer()
    {
        var time = new ManualTime();
        var pause = Pause.ForAsync(TimeSpan.FromDays(100), time, default);
        var days = 0;
        while (!pause.IsCompleted)
        {
            await Task.Yield();
            if (time.ArmedTimers is 0) continue;
            time.Advance(TimeSpan.FromDays(1));
            days++;
        }
        Assert.Equal(100, days);
        await Pause.ForAsync(TimeSpan.FromDays(-1), time, default);
    }

    [Fact]
    public void What_a_timer_is_given_is_cut_off()
    {
        Assert.Equal(TimeSpan.FromHours(1), Pause.Timer(TimeSpan.FromHours(1)));
        using var timer = TimeProvider.System.CreateTimer(_ => { }, null, Pause.Timer(TimeSpan.FromDays(365)), Timeout.InfiniteTimeSpan);
    }
}
