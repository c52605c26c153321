using Mill.Testing.Histories;
using Xunit;
using static Mill.Tests.Testing.Histories.Ops;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Tests.Testing.Histories;

public sealed class WatchCheckTests
{
    private static readonly Operation[] History =
    [
        Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 200)), Op(1, 40, 50, Set("b", "x"), Written(1, 300)), Op(1, 60, 70, Delete("a"), Deleted),
        Op(1, 80, 90, Set("a", "z"), Written(3, 400)), Lost(1, 95, Set("c", "x")),
    ];

    private static readonly WatchedEvent[] All = [Added("a", 1, 1), Rotated("a", 2, 2), Added("b", 1, 3), Removed("a", 2, 4), Added("a", 3, 5)];

    private static readonly Dictionary<string, int> End = new() { ["a"] = 3, ["b"] = 1 };

    [Fact]
    public void Every_change_in_order_is_sound() => Assert.Empty(Run(All));

    [Fact]
    public void A_stream_that_starts_later_goes_on_from_there() => Assert.Empty(Run(All[2..], start: new() { ["a"] = 2 }));

    [Fact]
    public void The_numbers_of_a_secret_that_was_deleted_before_go_on() =>
        Assert.Empty(WatchCheck.Run(History, new(new Dictionary<string, int> { ["b"] = 1 }, All[4..], End) { Ended = new Dictionary<string, int> { ["a"] = 2 } }, mayJoin: false));

    [Fact]
    public void A_change_without_an_answer_may_be_told() => Assert.Empty(Run([.. All, Added("c", 1, 6)], end: new(End) { ["c"] = 1 }));

    [Fact]
    public void A_gap_is_a_fault() => RequireFault("was told", [Added("a", 2, 2), .. All[2..]], start: new() { ["a"] = 1 });

    [Fact]
    public void A_rotation_left_out_is_a_fault() => RequireFault("was told", [Added("a", 1, 1), Added("b", 1, 3), Removed("a", 2, 4), Added("a", 3, 5)]);

    [Fact]
    public void A_deletion_left_out_is_a_fault() => RequireFault("was told", [.. All[..3], All[4]]);

    [Fact]
    public void The_last_change_left_out_is_a_fault() => RequireFault("ends with", All[..4]);

    [Fact]
    public void A_change_told_twice_is_a_fault() => RequireFault("was told", [.. All[..2], Rotated("a", 2, 2), .. All[2..]]);

    [Fact]
    public void A_change_that_nobody_made_is_a_fault()
    {
        RequireFault("nobody wrote", [.. All, Added("d", 1, 6)], end: new(End) { ["d"] = 1 });
        RequireFault("nobody wrote", [.. All, Added("c", 1, 6), Rotated("c", 2, 7)], end: new(End) { ["c"] = 2 });
    }

    [Fact]
    public void A_revision_that_goes_back_is_a_fault() => RequireFault("went back", [.. All[..3], Removed("a", 2, 2), Added("a", 3, 5)]);

    [Fact]
    public void Changes_of_two_secrets_against_the_order_of_their_commits_are_a_fault() => RequireFault("was committed at", [Added("b", 1, 1), Added("a", 1, 2), Rotated("a", 2, 3), Removed("a", 2, 4), Added("a", 3, 5)]);

    [Fact]
    public void Changes_may_be_joined_only_where_that_is_allowed()
    {
        WatchedEvent[] joined = [Added("a", 2, 2), Added("b", 1, 3), Rotated("a", 3, 5)];
        Assert.Empty(WatchCheck.Run(History, new(new Dictionary<string, int>(), joined, End), mayJoin: true));
        RequireFault("was told", joined);
    }

    private static IReadOnlyList<string> Run(IReadOnlyList<WatchedEvent> events, Dictionary<string, int>? start = null, Dictionary<string, int>? end = null) =>
        WatchCheck.Run(History, new(start ?? [], events, end ?? End), mayJoin: false);

    private static void RequireFault(string words, IReadOnlyList<WatchedEvent> events, Dictionary<string, int>? start = null, Dictionary<string, int>? end = null) =>
        Assert.Contains(Run(events, start, end), fault => fault.Contains(words, StringComparison.Ordinal));

    private static WatchedEvent Added(string name, int version, long revision) => new(WatchedKind.Added, name, version, revision);

    private static WatchedEvent Rotated(string name, int version, long revision) => new(WatchedKind.Rotated, name, version, revision);

    private static WatchedEvent Removed(string name, int version, long revision) => new(WatchedKind.Removed, name, version, revision);
}
