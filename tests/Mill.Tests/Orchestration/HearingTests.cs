using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.Testing;
using Mill.Tests.Core.Deploys;
using Xunit;

namespace Mill.Tests.Orchestration;

public sealed class HearingTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly Timestamp Now = new(1_000_000_000);

    private readonly ManualTime _time = new();
    private readonly Hearing _hearing;

    public HearingTests() => _hearing = new(Timeout, TimeSpan.FromSeconds(2), _time);

    [Fact]
    public void A_silent_node_has_the_whole_timeout_from_when_it_was_heard()
    {
        Look(0);
        Pass(20);
        Assert.True(_hearing.Hear(Report(1)));
        Pass(4);

        Assert.Equal(TimeSpan.FromSeconds(6), LeftOf(1));
        Assert.True(LeftOf(2) < TimeSpan.Zero);
    }

    [Fact]
    public void A_process_that_was_stopped_gives_everybody_the_whole_timeout_again()
    {
        Look(0);
        _hearing.Hear(Report(1));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(Timeout, LeftOf(1));
        Pass(9);
        Assert.Equal(TimeSpan.FromSeconds(1), LeftOf(1));
    }

    [Fact]
    public void A_new_term_begins_anew_though_nobody_saw_the_one_before_end()
    {
        Look(0);
        _hearing.Hear(Report(1));
        Pass(9);

        Assert.Equal(TimeSpan.FromSeconds(1), LeftOf(1));
        Assert.Equal(Timeout, LeftOf(1, fence: 7));
    }

    [Fact]
    public void What_comes_late_is_known_by_its_number()
    {
        Assert.True(_hearing.Hear(Report(1) with { Life = 1, Number = 5 }));
        Assert.False(_hearing.Hear(Report(1) with { Life = 1, Number = 4 }));
        Assert.True(_hearing.Hear(Report(1) with { Life = 1, Number = 5 }));
        Assert.True(_hearing.Hear(Report(1) with { Life = 2, Number = 1 }));
        Assert.True(_hearing.IsLate(Report(1) with { Life = 1, Number = 6 }));
        Assert.True(_hearing.Hear(Report(2) with { Life = 1, Number = 1 }));
    }

    [Fact]
    public void A_sign_of_life_makes_no_news_late_nor_the_other_way_round()
    {
        var news = Report(1) with { Life = 1, Allocs = [new() { Id = "web-1", Status = Mill.Core.Fleet.AllocStatus.Running }] };
        Assert.True(_hearing.Hear(Report(1) with { Life = 1, Number = 6, Usage = [new("web-1", 0.5, 1000)] }));
        Assert.True(_hearing.Hear(news with { Number = 5 }));
        Assert.True(_hearing.Hear(news with { Number = 8 }));
        Assert.True(_hearing.Hear(Report(1) with { Life = 1, Number = 7 }));
        Assert.False(_hearing.Hear(news with { Number = 7 }));
        Assert.False(_hearing.Hear(Report(1) with { Life = 1, Number = 6 }));
        // What only a sign of life has stays as it was said there.
        Assert.Empty(_hearing.Live[FleetRig.Node(1)].Usage);
        Assert.True(_hearing.Hear(Report(1) with { Life = 2, Number = 1, Usage = [new("web-1", 0.5, 1000)] }));
        Assert.True(_hearing.Hear(news with { Life = 2, Number = 2 }));
        Assert.Single(_hearing.Live[FleetRig.Node(1)].Usage);
    }

    [Fact]
    public void What_is_not_kept_can_be_read_while_the_node_is_heard()
    {
        _hearing.Hear(Report(1) with { Usage = [new("web-1", 0.5, 1000)], Pulls = [new("web-2", "web:v2", 1, 2)] });
        var live = _hearing.Live[FleetRig.Node(1)];
        Assert.Equal(("web-1", "web-2"), (live.Usage[0].Id, live.Pulls[0].Id));

        _time.Advance(Timeout);
        Assert.Empty(_hearing.Live);
    }

    private static NodeReport Report(int node) => new(FleetRig.Node(node), 4, 8L << 30, new Dictionary<string, string>(), []);

    private void Look(long fence) => _hearing.Look(fence);

    private void Pass(int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Look(0);
        }
    }

    private TimeSpan LeftOf(int node, long fence = 0) => TimeSpan.FromMicroseconds(_hearing.Look(fence).DeadlineOf(FleetRig.Node(node), Now).Microseconds - Now.Microseconds);
}
