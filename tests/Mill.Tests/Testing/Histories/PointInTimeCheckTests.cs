using Mill.Testing.Histories;
using Xunit;
using static Mill.Tests.Testing.Histories.Ops;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Tests.Testing.Histories;

public sealed class PointInTimeCheckTests
{
    /// <summary>Version 1 at 100, version 2 at 200, deleted between 200 and 300; another secret is written at 300.</summary>
    private static readonly Operation[] Past =
    [
        Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 200)), Op(1, 40, 50, Delete("a"), Deleted), Op(1, 60, 70, Set("b", "x"), Written(1, 300)),
    ];

    [Fact]
    public void What_was_current_then_is_the_answer()
    {
        RequireSound(
            Op(2, 80, 81, GetAt("a", 99), Missing),
            Op(2, 80, 81, GetAt("a", 100), Found("x", 1, 100, 200)),
            Op(2, 80, 81, GetAt("a", 199), Found("x", 1, 100, 200)),
            Op(2, 80, 81, GetAt("a", 200), Found("y", 2, 200, 250, SeenVersion.Deleted)),
            Op(2, 80, 81, GetAt("a", 250), Missing),
            Op(2, 80, 81, GetAt("a", 999), new SecretAnswer.TooEarly()));
    }

    [Fact]
    public void A_version_that_had_not_begun_is_a_fault() => RequireFault("not valid", Op(2, 80, 81, GetAt("a", 150), Found("y", 2, 200, 250, SeenVersion.Deleted)));

    [Fact]
    public void A_version_that_had_ended_is_a_fault() => RequireFault("not valid", Op(2, 80, 81, GetAt("a", 210), Found("x", 1, 100, 200)));

    [Fact]
    public void A_version_that_another_had_replaced_is_a_fault() => RequireFault("had begun", Op(2, 35, 36, GetAt("a", 210), Found("x", 1, 100)));

    [Fact]
    public void A_deleted_version_is_a_fault_once_the_deletion_was_surely_over() => RequireFault("deleted by then", Op(2, 80, 81, GetAt("a", 300), Found("y", 2, 200)));

    [Fact]
    public void Nothing_is_a_fault_where_a_version_was_valid()
    {
        RequireFault("was valid then", Op(2, 80, 81, GetAt("a", 150), Missing));
        RequireFault("was valid then", Op(2, 80, 81, GetAt("b", 300), Missing));
    }

    [Fact]
    public void Nothing_is_no_fault_where_a_deletion_without_an_answer_may_have_come_before() => RequireSound(Lost(1, 75, Delete("b")), Op(2, 80, 81, GetAt("b", 310), Missing));

    [Fact]
    public void A_deletion_that_began_after_a_later_commit_is_no_excuse() =>
        RequireFault("was valid then", Op(1, 80, 90, Set("c", "x"), Written(1, 400)), Lost(1, 95, Delete("b")), Op(2, 100, 110, GetAt("b", 310), Missing));

    [Fact]
    public void The_same_moment_with_two_answers_is_a_fault() =>
        RequireFault("two answers", Op(2, 80, 81, GetAt("a", 220), Missing), Op(2, 90, 91, GetAt("a", 220), Found("y", 2, 200, 250, SeenVersion.Deleted)));

    [Fact]
    public void A_later_moment_with_an_earlier_version_is_a_fault() =>
        RequireFault("earlier version", Op(2, 0, 1, GetAt("z", 10), Found("q", 2, 5)), Op(2, 2, 3, GetAt("z", 20), Found("p", 1, 4)));

    [Fact]
    public void A_commit_at_a_moment_that_was_answered_for_is_a_fault() =>
        RequireFault("began after its answer", Op(2, 80, 81, GetAt("a", 350), Missing), Op(1, 90, 95, Set("c", "x"), Written(1, 340)));

    [Fact]
    public void Two_writes_with_one_commit_time_are_a_fault() => RequireFault("two writes", Op(2, 60, 70, Set("c", "x"), Written(1, 300)));

    [Fact]
    public void A_commit_time_before_that_of_a_write_that_was_over_is_a_fault_across_secrets() => RequireFault("later commit time", Op(2, 80, 90, Set("c", "x"), Written(1, 150)));

    [Fact]
    public void A_version_with_two_beginnings_two_ends_or_two_values_is_a_fault()
    {
        RequireFault("was told as", Op(2, 80, 81, Get("b"), Found("x", 1, 301)));
        RequireFault("was told as", Op(2, 80, 81, Get("b"), Found("y", 1, 300)));
        RequireFault("was told as", Op(2, 80, 81, Get("a", 1), Found("x", 1, 100, 200)), Op(2, 82, 83, Get("a", 1), Found("x", 1, 100, 201)));
    }

    [Fact]
    public void Versions_that_overlap_are_a_fault() => RequireFault("overlaps", Op(2, 80, 81, Get("a", 1), Found("x", 1, 100, 201)));

    [Fact]
    public void Repetitions_with_one_key_are_one_write() =>
        RequireSound(Op(1, 80, 90, Set("c", "x", key: "k"), Written(1, 400)), Op(1, 100, 110, Set("d", "x"), Written(1, 500)), Op(1, 120, 130, Set("c", "x", key: "k"), Written(1, 400)));

    private static void RequireSound(params Operation[] more) => Assert.Empty(PointInTimeCheck.Run([.. Past, .. more]));

    private static void RequireFault(string words, params Operation[] more) => Assert.Contains(PointInTimeCheck.Run([.. Past, .. more]), fault => fault.Contains(words, StringComparison.Ordinal));
}
