using Mill.State.Etcd;
using Xunit;

namespace Mill.Tests.State.Etcd;

public sealed class DefragmentationRuleTests
{
    private const long MiB = 1 << 20;
    private const long Quota = 2048 * MiB;

    private readonly DefragmentationRule _rule = new(Quota);

    [Theory]
    [InlineData(1, 0, false)] // nobody minds a small file
    [InlineData(127, 1, false)]
    [InlineData(128, 64, true)]
    [InlineData(128, 65, false)]
    [InlineData(1600, 900, false)] // not half empty, and room for more
    [InlineData(1700, 1360, true)] // the quota is near, and there is something to win
    [InlineData(1700, 1361, false)]
    [InlineData(2048, 2000, false)]
    public void It_is_worth_it_where_much_of_a_large_file_is_empty_or_some_of_one_that_is_nearly_full(long size, long inUse, bool isWorthIt) =>
        Assert.Equal(isWorthIt, _rule.See(size * MiB, inUse * MiB, hasRoom: true, revision: 7, isFull: false));

    [Fact]
    public void With_the_alarm_it_is_tried_once_letting_go_has_come_to_its_end_whatever_is_said_to_be_in_use()
    {
        Assert.False(Full(inUse: 2000));
        Assert.False(Full(inUse: 1900)); // it goes on
        Assert.True(Full(inUse: 1900));
    }

    [Fact]
    public void What_was_seen_before_the_alarm_says_nothing_about_letting_go()
    {
        Assert.False(_rule.See(Quota, Quota, hasRoom: false, revision: 7, isFull: false));
        Assert.False(Full(inUse: 2048));
        Assert.True(Full(inUse: 2048));
    }

    [Fact]
    public void With_the_alarm_it_is_tried_once_for_what_the_store_holds()
    {
        Full(inUse: 2000);
        Assert.True(Full(inUse: 2000));
        _rule.Done(revision: 7);
        Assert.False(Full(inUse: 2000));
        Assert.False(Full(inUse: 2000));
        Assert.False(Full(inUse: 2000, revision: 8));
        Assert.True(Full(inUse: 2000, revision: 8));
    }

    [Fact]
    public void With_the_alarm_a_member_that_has_room_is_left_alone()
    {
        for (var i = 0; i < 3; i++) Assert.False(_rule.See(64 * MiB, MiB, hasRoom: true, revision: 7, isFull: true));
    }

    private bool Full(long inUse, long revision = 7) => _rule.See(Quota, inUse * MiB, hasRoom: false, revision, isFull: true);
}
