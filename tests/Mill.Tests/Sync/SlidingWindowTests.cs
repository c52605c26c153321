using FsCheck;
using FsCheck.Fluent;
using Mill.Sync.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>So much within any span of time, and no more.</summary>
public sealed class SlidingWindowTests
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_fits_is_free_at_once_and_the_rest_when_the_first_are_out_of_sight()
    {
        var window = new SlidingWindow(3, Span);
        var now = DateTimeOffset.UnixEpoch;
        for (var second = 0; second < 3; second++)
        {
            Assert.Equal(now.AddSeconds(second), window.FreeAt(now.AddSeconds(second), 1));
            window.Take(now.AddSeconds(second), 1);
        }
        Assert.Equal(now + Span, window.FreeAt(now.AddSeconds(3), 1));
        Assert.Equal(now.AddSeconds(1) + Span, window.FreeAt(now.AddSeconds(3), 2));
        Assert.Equal(now.AddSeconds(90), window.FreeAt(now.AddSeconds(90), 3));
    }

    [Fact]
    public void No_span_ever_holds_more() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyArray<PositiveInt>>(),
        steps =>
        {
            var (window, now, taken) = (new SlidingWindow(20, Span), DateTimeOffset.UnixEpoch, new List<(DateTimeOffset At, int Cost)>());
            foreach (var step in steps.Get)
            {
                var cost = 1 + (step.Get % 5);
                now = window.FreeAt(now.AddSeconds(step.Get % 7), cost);
                window.Take(now, cost);
                taken.Add((now, cost));
            }
            return taken.TrueForAll(last => taken.Where(one => one.At <= last.At && one.At + Span > last.At).Sum(one => one.Cost) <= 20);
        }).QuickCheckThrowOnFailure();
}
