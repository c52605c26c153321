using Mill.State.Etcd;
using Xunit;

namespace Mill.Tests.State.Etcd;

public sealed class CompactionRuleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CompactionRule _rule = new(keepRevisions: 1000, keepFor: TimeSpan.FromMinutes(10));

    [Fact]
    public void What_was_just_seen_is_not_old_however_much_it_is() => Assert.Equal(0, See(minute: 0, revision: 1_000_000));

    [Fact]
    public void After_the_time_all_but_the_latest_may_go()
    {
        See(minute: 0, revision: 50_000);
        See(minute: 5, revision: 60_000);
        Assert.Equal(0, See(minute: 9, revision: 70_000));
        Assert.Equal(50_000, See(minute: 10, revision: 80_000));
        Assert.Equal(60_000, See(minute: 15, revision: 90_000));
    }

    [Fact]
    public void The_latest_stay_however_old_they_are()
    {
        See(minute: 0, revision: 5_000);
        Assert.Equal(4_500, See(minute: 60, revision: 5_500));
        Assert.Equal(4_500, See(minute: 600, revision: 5_500));
    }

    [Fact]
    public void A_young_store_keeps_everything()
    {
        See(minute: 0, revision: 900);
        Assert.Equal(0, See(minute: 60, revision: 950));
    }

    [Fact]
    public void Where_there_is_no_room_all_of_the_past_goes_and_is_kept_again_afterwards()
    {
        See(minute: 0, revision: 900);
        Assert.Equal(950, _rule.See(Start.AddMinutes(1), 950, isFull: true));
        Assert.Equal(0, See(minute: 2, revision: 960));
    }

    private long See(int minute, long revision) => _rule.See(Start.AddMinutes(minute), revision);
}
