using Mill.Testing;
using Mill.Testing.Linearizability;
using Xunit;

namespace Mill.Tests.Testing.Linearizability;

/// <summary>The search itself, on registers.</summary>
public sealed class LinearizabilityCheckTests
{
    private static readonly RegisterModel Model = new();

    [Fact]
    public void An_empty_history_is_linearizable() => Assert.Equal(Verdict.Linearizable, Check([]).Verdict);

    [Fact]
    public void A_read_during_a_write_may_see_the_old_value_or_the_new_one()
    {
        Assert.Equal(Verdict.Linearizable, Check([Write(1, 0, 10, 7), Read(2, 2, 8, 0)]).Verdict);
        Assert.Equal(Verdict.Linearizable, Check([Write(1, 0, 10, 7), Read(2, 2, 8, 7)]).Verdict);
    }

    [Fact]
    public void A_read_after_a_write_sees_it() => Assert.Equal(Verdict.NotLinearizable, Check([Write(1, 0, 10, 7), Read(2, 11, 12, 0)]).Verdict);

    [Fact]
    public void Operations_that_touch_at_one_moment_overlap() => Assert.Equal(Verdict.Linearizable, Check([Write(1, 0, 10, 7), Read(2, 10, 12, 0)]).Verdict);

    [Fact]
    public void Two_readers_see_two_writes_in_the_same_order()
    {
        Operation<RegisterCall, RegisterAnswer>[] writes = [Write(1, 0, 100, 1), Write(2, 0, 100, 2)];
        Assert.Equal(Verdict.Linearizable, Check([.. writes, Read(3, 10, 20, 1), Read(3, 30, 40, 2), Read(4, 15, 25, 1), Read(4, 35, 45, 2)]).Verdict);
        Assert.Equal(Verdict.NotLinearizable, Check([.. writes, Read(3, 10, 20, 1), Read(3, 30, 40, 2), Read(4, 15, 25, 2), Read(4, 35, 45, 1)]).Verdict);
    }

    [Fact]
    public void An_unknown_write_may_take_effect_late_or_never_but_not_before_it_was_sent()
    {
        Assert.Equal(Verdict.Linearizable, Check([Unknown(1, 0, 7), Read(2, 10, 20, 0), Read(2, 30, 40, 0)]).Verdict);
        Assert.Equal(Verdict.Linearizable, Check([Unknown(1, 0, 7), Read(2, 10, 20, 0), Read(2, 30, 40, 7)]).Verdict);
        Assert.Equal(Verdict.NotLinearizable, Check([Unknown(1, 25, 7), Read(2, 10, 20, 7)]).Verdict);
    }

    [Fact]
    public void An_unknown_write_that_was_seen_is_not_unseen_again() =>
        Assert.Equal(Verdict.NotLinearizable, Check([Unknown(1, 0, 7), Read(2, 10, 20, 7), Read(2, 30, 40, 0)]).Verdict);

    [Fact]
    public void Registers_are_checked_apart_and_one_fault_is_enough()
    {
        var result = Check([Write(1, 0, 10, 7), Read(1, 11, 12, 7), Write(2, 0, 10, 7, "b"), Read(2, 11, 12, 0, "b"), Read(3, 0, 5, 0, "c")]);
        Assert.Equal((Verdict.NotLinearizable, 3), (result.Verdict, result.Parts));
    }

    [Fact]
    public void The_report_names_the_longest_prefix_and_what_does_not_fit()
    {
        var result = Check([Write(1, 0, 10, 7), Read(2, 12, 14, 7), Write(1, 20, 30, 8), Read(2, 40, 50, 7), Read(3, 45, 55, 8)]);
        var misfit = Assert.IsType<Misfit>(result.Misfit);
        Assert.Equal((4, 5), (misfit.Length, misfit.Of));
        Assert.Equal("client 2: read -> 7", misfit.Blocked);
        Assert.Equal("value 8", misfit.State);
        Assert.Contains("client 2: read -> 7, but here the answer is 8", misfit.Candidates);
        Assert.Equal("client 3: read -> 8", misfit.Prefix[^1]);
    }

    [Fact]
    public void The_timeline_draws_what_came_before_what() =>
        Assert.Equal("[=]   write\n [=]  read\n  [=> lost\n", Timeline.Of([(0, 20, "write"), (10, 30, "read"), (20, long.MaxValue, "lost")]));

    [Fact]
    public void A_check_that_reaches_its_limit_of_steps_is_undecided()
    {
        var result = LinearizabilityCheck.Run(Model, Hard(writers: 14), new CheckLimits(Steps: 5_000, TimeSpan.FromHours(1)));
        Assert.Equal(Verdict.Undecided, result.Verdict);
        Assert.Null(result.Misfit);
    }

    [Fact]
    public void A_check_that_reaches_its_limit_of_time_is_undecided()
    {
        var clock = new RunningClock();
        Assert.Equal(Verdict.Undecided, LinearizabilityCheck.Run(Model, Hard(writers: 14), new CheckLimits(long.MaxValue, TimeSpan.FromSeconds(1)) { Clock = clock }).Verdict);
    }

    [Fact]
    public void The_memory_of_places_makes_a_hopeless_history_of_many_writers_cheap()
    {
        // 10 writers at once have 3.6 million orders, but only 2^10 sets with 10 last values each.
        var result = Check(Hard(writers: 10));
        Assert.Equal(Verdict.NotLinearizable, result.Verdict);
        Assert.InRange(result.Steps, 1, 110_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Small_histories_get_the_verdict_of_all_permutations(int seed)
    {
        var random = new Random(seed);
        var verdicts = new Dictionary<Verdict, int>();
        for (var round = 0; round < 2_000; round++)
        {
            var history = Enumerable.Range(0, random.Next(2, 7)).Select(_ => Any(random)).ToList();
            var expected = BruteForce.IsLinearizable(Model, history) ? Verdict.Linearizable : Verdict.NotLinearizable;
            Assert.True(expected == Check(history).Verdict, $"seed {seed}, round {round}: {expected} of\n{string.Join('\n', history)}");
            verdicts[expected] = verdicts.GetValueOrDefault(expected) + 1;
        }
        Assert.All([Verdict.Linearizable, Verdict.NotLinearizable], verdict => Assert.InRange(verdicts[verdict], 300, 1_700));
    }

    private static CheckResult Check(IEnumerable<Operation<RegisterCall, RegisterAnswer>> history) => LinearizabilityCheck.Run(Model, history);

    /// <summary>Nobody wrote what is read at the end, after all writers at once.</summary>
    private static IEnumerable<Operation<RegisterCall, RegisterAnswer>> Hard(int writers) =>
        Enumerable.Range(1, writers).Select(number => Write(number, 0, 100, number)).Append(Read(0, 200, 300, -1));

    private static Operation<RegisterCall, RegisterAnswer> Any(Random random)
    {
        var start = random.Next(0, 30);
        var (end, value) = (start + random.Next(0, 20), random.Next(0, 3));
        return random.Next(5) switch
        {
            0 => Unknown(0, start, value),
            1 or 2 => Write(0, start, end, value),
            _ => Read(0, start, end, value),
        };
    }

    private static Operation<RegisterCall, RegisterAnswer> Write(int client, long from, long to, int value, string register = "a") => new(client, new(register, value), new(), from, to);

    private static Operation<RegisterCall, RegisterAnswer> Read(int client, long from, long to, int value, string register = "a") => new(client, new(register), new(value), from, to);

    private static Operation<RegisterCall, RegisterAnswer> Unknown(int client, long from, int value) => new(client, new("a", value), Output: null, from, Operation<RegisterCall, RegisterAnswer>.Never);

    /// <summary>A clock that goes on by a second whenever it is looked at.</summary>
    private sealed class RunningClock : TimeProvider
    {
        private readonly ManualTime _time = new();

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override long GetTimestamp()
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _time.GetTimestamp();
        }
    }
}
