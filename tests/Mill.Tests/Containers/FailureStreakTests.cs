using Mill.Node.Agent;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class FailureStreakTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    [Fact]
    public void However_often_somebody_looks_a_failure_counts_once_per_interval()
    {
        var failures = new FailureStreak(Interval, _time);
        Assert.Equal((0, Interval), (failures.Count, failures.Due));
        for (var second = 0; second < 30; second++)
        {
            failures.Add();
            failures.Add();
            Assert.Equal((1 + (second / 10), TimeSpan.FromSeconds(10 - (second % 10))), (failures.Count, failures.Due));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void What_was_healthy_in_between_begins_anew()
    {
        var failures = new FailureStreak(Interval, _time);
        failures.Add();
        failures.End();
        Assert.Equal((0, Interval), (failures.Count, failures.Due));
        failures.Add();
        Assert.Equal(1, failures.Count);
        // For a while nobody could look.
        _time.Advance(Interval * 3);
        Assert.Equal((1, Interval), (failures.Count, failures.Due));
        failures.Add();
        Assert.Equal((2, Interval), (failures.Count, failures.Due));
    }
}
