using Mill.Core.Ports;
using Mill.State.Etcd;
using Xunit;

namespace Mill.Tests.State.Etcd;

public sealed class SpaceRuleTests
{
    private const long MiB = 1 << 20;

    private static readonly MemberSpace Idle = Member(9);

    [Fact]
    public void A_member_that_is_alone_need_not_wait_and_takes_its_alarm_back()
    {
        Assert.True(SpaceRule.IsTurn(Due(1), [], isFull: false));
        Assert.True(SpaceRule.IsTurn(Due(1), [], isFull: true));
        Assert.True(SpaceRule.MayDisarm(Member(1), []));
    }

    [Fact]
    public void One_at_a_time_and_those_that_lead_come_last()
    {
        MemberSpace[] all = [Due(1) with { Leads = true }, Due(2), Due(3), Idle];
        Assert.Equal([2UL], Turns(all));
        Assert.Equal([3UL], Turns([all[0], all[2], Idle]));
        Assert.Equal([1UL], Turns([all[0], Idle]));
    }

    [Fact]
    public void While_one_is_defragmented_nobody_else_begins_alarm_or_not()
    {
        MemberSpace[] others = [Member(2) with { Defragmentation = Defragmentation.Running }, Idle];
        Assert.False(SpaceRule.IsTurn(Due(1), others, isFull: false));
        Assert.False(SpaceRule.IsTurn(Due(1), others, isFull: true));
        Assert.False(SpaceRule.MayDisarm(Member(1), others));
    }

    [Fact]
    public void Who_does_not_answer_is_waited_for_but_not_while_nothing_can_be_written()
    {
        Assert.False(SpaceRule.IsTurn(Due(1), [Idle, null], isFull: false));
        Assert.True(SpaceRule.IsTurn(Due(1), [Idle, null], isFull: true));
        Assert.True(SpaceRule.MayDisarm(Member(1), [Idle, null]));
        Assert.False(SpaceRule.IsTurn(Due(1), [null, null], isFull: true));
        Assert.False(SpaceRule.MayDisarm(Member(1), [null, null]));
        Assert.False(SpaceRule.MayDisarm(Member(1), [null]));
    }

    [Fact]
    public void An_alarm_stays_until_all_that_answer_have_room()
    {
        Assert.True(SpaceRule.MayDisarm(Member(1), [Idle, Member(2)]));
        Assert.False(SpaceRule.MayDisarm(Member(1), [Idle, Full(2)]));
        Assert.False(SpaceRule.MayDisarm(Full(1), [Idle, Member(2)]));
    }

    /// <summary>Each way in which the lines between members may be up or cut.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Of_two_members_with_a_majority_one_hears_of_the_other_however_they_are_cut_off(int count)
    {
        var pairs = 0;
        foreach (var lines in AllLines(count))
        {
            var able = Enumerable.Range(0, count).Where(member => HearsMajority(lines, count, member)).ToList();
            foreach (var (one, other) in able.SelectMany(first => able.Where(second => second != first).Select(second => (first, second))))
            {
                pairs++;
                // The other one has announced itself, and nobody else says anything that would keep this one from it.
                var all = Enumerable.Range(0, count).Select(member => member == other ? Member((ulong)member) with { Defragmentation = Defragmentation.Running } : Member((ulong)member)).ToArray();
                Assert.False(SpaceRule.IsTurn(Due((ulong)one), View(lines, all, one), isFull: true), $"{one} and {other} of {count} at once, with the lines {lines:b}");
            }
        }
        Assert.True(pairs > count);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void All_that_have_a_majority_come_to_their_turn_one_after_the_other_whoever_is_lost_or_cut_off(int count)
    {
        foreach (var lines in AllLines(count))
        {
            var living = Enumerable.Range(0, count).Where(member => Hears(lines, count, member).Any()).ToList();
            // Those that are cut off from all others are lost to them, and each of the others can go on.
            if (living.Count <= count / 2 || !living.All(member => HearsMajority(lines, count, member))) continue;
            var all = Enumerable.Range(0, count).Select(member => Due((ulong)member)).ToArray();
            for (var left = living.Count; left > 0; left--)
            {
                var turn = Assert.Single(living, member => all[member].Defragmentation is Defragmentation.Due && SpaceRule.IsTurn(all[member], View(lines, all, member), isFull: true));
                all[turn] = Member((ulong)turn);
            }
            Assert.All(living, member => Assert.True(SpaceRule.MayDisarm(all[member], View(lines, all, member))));
        }
    }

    [Fact]
    public void What_is_only_heard_of_a_member_makes_no_majority_and_is_no_answer()
    {
        var heard = Idle with { IsHearsay = true };
        Assert.False(SpaceRule.IsTurn(Due(1), [Idle, heard], isFull: false));
        Assert.True(SpaceRule.IsTurn(Due(1), [Idle, heard], isFull: true));
        Assert.False(SpaceRule.IsTurn(Due(1), [Idle, heard, heard, null], isFull: true));
        Assert.False(SpaceRule.MayDisarm(Member(1), [Idle, heard, heard, null]));
        Assert.False(SpaceRule.MayDisarm(Member(1), [Idle, Full(2) with { IsHearsay = true }]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(144)]
    [InlineData(145)]
    [InlineData(1843)]
    [InlineData(60_000)]
    public void The_least_quota_for_a_database_is_one_with_which_it_has_room(long size)
    {
        var least = MemberSpace.LeastQuota(size * MiB);
        Assert.Equal(0, least % MiB);
        Assert.True(new MemberSpace(1, size * MiB, least, Leads: false, Defragmentation.None).HasRoom);
        Assert.False(new MemberSpace(1, size * MiB, least - (2 * MiB), Leads: false, Defragmentation.None).HasRoom);
    }

    [Theory]
    [InlineData(2048, 1843, true)]
    [InlineData(2048, 1844, false)] // a tenth must be free
    [InlineData(64, 48, true)]
    [InlineData(64, 49, false)] // and two large commits must fit
    public void There_is_room_where_it_lasts_for_a_while(long quota, long size, bool hasRoom) =>
        Assert.Equal(hasRoom, new MemberSpace(1, size * MiB, quota * MiB, Leads: false, Defragmentation.None).HasRoom);

    /// <summary>A bit for each pair.</summary>
    private static IEnumerable<int> AllLines(int count) => Enumerable.Range(0, 1 << (count * (count - 1) / 2));

    private static bool IsUp(int lines, int count, int one, int other)
    {
        var (low, high) = (Math.Min(one, other), Math.Max(one, other));
        return ((lines >> ((low * ((2 * count) - low - 1) / 2) + high - low - 1)) & 1) is 1;
    }

    private static IEnumerable<int> Hears(int lines, int count, int member) => Enumerable.Range(0, count).Where(other => other != member && IsUp(lines, count, member, other));

    private static bool HearsMajority(int lines, int count, int member) => (Hears(lines, count, member).Count() + 1) * 2 > count;

    /// <summary>What a member knows of the others: by their own word, by that of one that it hears, or not at all.</summary>
    private static List<MemberSpace?> View(int lines, MemberSpace[] all, int member) =>
    [
        .. Enumerable.Range(0, all.Length).Where(other => other != member).Select(other =>
            IsUp(lines, all.Length, member, other) ? all[other]
            : Hears(lines, all.Length, member).Any(witness => IsUp(lines, all.Length, witness, other)) ? all[other] with { IsHearsay = true }
            : null),
    ];

    private static IEnumerable<ulong> Turns(MemberSpace[] all) =>
        all.Where(own => own.Defragmentation is Defragmentation.Due && SpaceRule.IsTurn(own, [.. all.Where(other => other != own)], isFull: false)).Select(member => member.Member);

    private static MemberSpace Member(ulong id) => new(id, 100 * MiB, 2048 * MiB, Leads: false, Defragmentation.None);

    private static MemberSpace Due(ulong id) => Member(id) with { Defragmentation = Defragmentation.Due };

    private static MemberSpace Full(ulong id) => Member(id) with { Bytes = 2000 * MiB };
}
