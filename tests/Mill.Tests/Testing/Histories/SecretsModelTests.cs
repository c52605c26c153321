using Mill.Testing.Histories;
using Mill.Testing.Linearizability;
using Xunit;
using static Mill.Tests.Testing.Histories.Ops;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Tests.Testing.Histories;

/// <summary>Histories written by hand: what the promises of docs/model.md allow, and what they forbid.</summary>
public sealed class SecretsModelTests
{
    private static readonly Dictionary<string, Operation[]> Sound = new()
    {
        ["a set is read, in its time and after it"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100, created: true)), Op(2, 5, 8, Get("a"), Missing), Op(2, 11, 12, Get("a"), Found("x", 1, 100))],
        ["two sets at once, in the order of their commit times"] =
            [Op(1, 0, 10, Set("a", "x"), Written(2, 101)), Op(2, 0, 10, Set("a", "y"), Written(1, 100)), Op(3, 20, 30, Get("a"), Found("x", 2, 101))],
        ["the same value changes nothing"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 20, 30, Set("a", "x"), Written(1, 100, changed: false, created: false))],
        ["the same value by force"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 20, 30, Set("a", "x", force: true), Written(2, 101))],
        ["numbers go on after a deletion"] =
        [
            Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Delete("a"), Deleted), Op(1, 40, 50, Get("a"), Missing), Op(1, 60, 70, Set("a", "y"), Written(2, 105, created: true)),
            Op(1, 80, 90, Get("a", 1), Found("x", 1, 100, 103, SeenVersion.Deleted)),
        ],
        ["of two that create only, one is refused"] = [Op(1, 0, 10, Set("a", "x", Condition.Absent), Written(1, 100)), Op(2, 0, 10, Set("a", "y", Condition.Absent), Refused(1))],
        ["an unknown write is seen, with an instant that nobody was told before"] =
            [Lost(1, 0, Set("a", "x")), Op(2, 10, 20, Get("a"), Missing), Op(2, 30, 40, Get("a"), Found("x", 1, 99)), Op(3, 50, 60, Get("a", 1), Found("x", 1, 99))],
        ["an unknown write between two known ones"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Lost(2, 11, Set("a", "y")), Op(1, 20, 30, Set("a", "z"), Written(3, 102)), Op(1, 40, 50, Get("a", 2), Found("y", 2, 101, 102))],
        ["two unknown writes in the order that a history shows"] =
        [
            Lost(1, 0, Set("a", "x")), Lost(2, 0, Set("a", "y")), Op(3, 10, 20, Get("a", 1), Found("y", 1, 50, 60)),
            Op(3, 30, 40, History("a"), new SecretAnswer.Versions([new(2, SeenVersion.Current, 60, null), new(1, SeenVersion.Superseded, 50, 60)])),
        ],
        ["a transaction is seen as a whole"] =
        [
            Op(1, 0, 100, Transact(new("a", "x", default), new("b", "x", default)), Committed(100, 1, 1)),
            Op(2, 10, 20, Get("a"), Missing), Op(2, 30, 40, Get("b"), Found("x", 1, 100)), Op(2, 50, 60, Get("a"), Found("x", 1, 100)),
        ],
        ["a transaction is refused for the operation that stands in the way"] =
        [
            Op(1, 0, 10, Set("a", "x"), Written(1, 100)),
            Op(1, 20, 30, Transact(new("b", "y", Condition.Absent), new("a", "y", Condition.Absent)), new SecretAnswer.PreconditionFailed(null, "1")), Op(1, 40, 50, Get("b"), Missing),
        ],
        ["a transaction that changes nothing says since when all is so"] =
        [
            Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("b", "x"), Written(1, 110)),
            Op(1, 40, 50, Transact(new("a", "x", default), new("b", "x", default)), new SecretAnswer.Committed([new(1, false), new(1, false)], 110)),
        ],
        ["the same key gives the same answer"] =
            [Op(1, 0, 10, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(1, 40, 50, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 60, 70, Get("a"), Found("y", 2, 101))],
        ["an unknown write is applied by its repetition"] =
            [Lost(1, 0, Set("a", "x", key: "k")), Op(1, 10, 20, Get("a"), Missing), Op(1, 30, 40, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 60, 70, Get("a"), Found("x", 1, 100))],
        ["a key that was refused is not remembered"] =
            [Op(1, 0, 10, Set("a", "x", Condition.Version(1), key: "k"), Refused(null)), Op(1, 20, 30, Set("a", "y"), Written(1, 100)), Op(1, 40, 50, Set("a", "x", Condition.Version(1), key: "k"), Written(2, 101))],
        ["a key with another request"] = [Op(1, 0, 10, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 20, 30, Set("b", "x", key: "k"), new SecretAnswer.KeyMismatch())],
    };

    private static readonly Dictionary<string, Operation[]> Faulty = new()
    {
        ["a stale read"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(2, 40, 50, Get("a"), Found("x", 1, 100))],
        ["a lost write"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(2, 40, 50, Set("a", "z"), Written(2, 102))],
        ["a value that nobody wrote"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 20, 30, Get("a"), Found("z", 1, 100))],
        ["a version given twice"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 0, 10, Set("a", "y"), Written(1, 101))],
        ["a version left out"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 20, 30, Set("a", "y"), Written(3, 101))],
        ["two that create only and both succeed"] = [Op(1, 0, 10, Set("a", "x", Condition.Absent), Written(1, 100)), Op(2, 0, 10, Set("a", "y", Condition.Absent), Written(2, 101))],
        ["a precondition that held on a stale state"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y", Condition.Version(1)), Written(2, 101)), Op(2, 25, 40, Set("a", "z", Condition.Version(1)), Written(3, 102))],
        ["a precondition refused although it held"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y", Condition.Version(1)), Refused(1))],
        ["a refusal that names a version that was not current"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y", Condition.Version(7)), Refused(2))],
        ["a refusal that wrote all the same"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y", Condition.Absent), Refused(1)), Op(1, 40, 50, Get("a"), Found("y", 2, 101))],
        ["a transaction half seen"] =
        [
            Op(1, 0, 10, Transact(new("a", "x", default), new("b", "x", default)), Committed(100, 1, 1)), Op(1, 20, 100, Transact(new("a", "y", default), new("b", "y", default)), Committed(101, 2, 2)),
            Op(2, 30, 40, Get("a"), Found("y", 2, 101)), Op(2, 50, 60, Get("b"), Found("x", 1, 100)),
        ],
        ["a transaction whose members have two instants"] = [Op(1, 0, 10, Transact(new("a", "x", default), new("b", "x", default)), Committed(100, 1, 1)), Op(1, 20, 30, Get("b"), Found("x", 1, 101))],
        ["a transaction applied although one of its preconditions failed"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Transact(new("b", "y", default), new("a", "y", Condition.Absent)), Committed(101, 1, 2))],
        ["a transaction refused for the wrong operation"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Transact(new("b", "y", default), new("a", "y", Condition.Absent)), new SecretAnswer.PreconditionFailed(null, "0"))],
        ["a transaction that deletes half"] =
        [
            Op(1, 0, 10, Transact(new("a", "x", default), new("b", "x", default)), Committed(100, 1, 1)), Op(1, 20, 30, Transact(new("a", null, default), new("b", null, default)), Committed(101, 1, 1)),
            Op(2, 40, 50, Get("a"), Missing), Op(2, 60, 70, Get("b"), Found("x", 1, 100)),
        ],
        ["reads that go back in time across clients, while a write is under way"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 100, Set("a", "y"), Written(2, 101)), Op(2, 30, 40, Get("a"), Found("y", 2, 101)), Op(3, 50, 60, Get("a"), Found("x", 1, 100))],
        ["an unknown write seen and then unseen"] =
            [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Lost(1, 20, Set("a", "y")), Op(2, 30, 40, Get("a"), Found("y", 2, 101)), Op(3, 50, 60, Get("a"), Found("x", 1, 100))],
        ["an unknown write seen before it was sent"] = [Op(2, 0, 10, Get("a"), Found("x", 1, 100)), Lost(1, 20, Set("a", "x"))],
        ["an unknown write applied twice"] = [Lost(1, 0, Set("a", "x", force: true)), Op(2, 10, 20, Get("a"), Found("x", 2, 101))],
        ["an unknown write with two instants"] = [Lost(1, 0, Set("a", "x")), Op(2, 10, 20, Get("a"), Found("x", 1, 100)), Op(2, 30, 40, Get("a"), Found("x", 1, 101))],
        ["a key applied twice"] =
            [Op(1, 0, 10, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(1, 40, 50, Set("a", "x", key: "k"), Written(3, 102))],
        ["a key applied twice, told as once"] =
        [
            Op(1, 0, 10, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(1, 40, 50, Set("a", "x", key: "k"), Written(1, 100)),
            Op(1, 60, 70, Get("a"), Found("x", 3, 102)),
        ],
        ["a key forgotten after a change of request"] = [Op(1, 0, 10, Set("a", "x", key: "k"), Written(1, 100)), Op(1, 20, 30, Set("b", "x", key: "k"), Written(1, 101))],
        ["not found after an acknowledged set"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(2, 20, 30, Get("a"), Missing)],
        ["found after an acknowledged deletion"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Delete("a"), Deleted), Op(2, 40, 50, Get("a"), Found("x", 1, 100))],
        ["two deletions of one version"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Delete("a"), Deleted), Op(2, 20, 30, Delete("a"), Deleted)],
        ["a number used again after a deletion"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Delete("a"), Deleted), Op(1, 40, 50, Set("a", "y"), Written(1, 102))],
        ["an old version with another value"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(2, 40, 50, Get("a", 1), Found("y", 1, 100, 101))],
        ["an old version that still counts as current"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(2, 40, 50, Get("a", 1), Found("x", 1, 100))],
        ["a kept version that is not found"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)), Op(2, 40, 50, Get("a", 1), Missing)],
        ["a history without its newest version"] =
        [
            Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 101)),
            Op(2, 40, 50, History("a"), new SecretAnswer.Versions([new(1, SeenVersion.Current, 100, null)])),
        ],
        ["a history whose versions do not meet"] =
        [
            Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 110)),
            Op(2, 40, 50, History("a"), new SecretAnswer.Versions([new(2, SeenVersion.Current, 110, null), new(1, SeenVersion.Superseded, 100, 105)])),
        ],
        ["a commit time that went back"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "y"), Written(2, 99))],
        ["a set told as a change that was none"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100)), Op(1, 20, 30, Set("a", "x"), Written(2, 101))],
        ["a creation told twice"] = [Op(1, 0, 10, Set("a", "x"), Written(1, 100, created: true)), Op(1, 20, 30, Set("a", "y"), Written(2, 101, created: true))],
    };

    public static TheoryData<string> SoundNames => [.. Sound.Keys];

    public static TheoryData<string> FaultyNames => [.. Faulty.Keys];

    [Theory]
    [MemberData(nameof(SoundNames))]
    public void What_the_promises_allow_passes(string name)
    {
        var result = Check(Sound[name]);
        Assert.True(result.Verdict is Verdict.Linearizable, $"{name}: {result}");
        Assert.True(BruteForceAgrees(Sound[name], isLinearizable: true), name);
        Assert.Empty(PointInTimeCheck.Run(Sound[name]));
    }

    [Theory]
    [MemberData(nameof(FaultyNames))]
    public void What_the_promises_forbid_fails(string name)
    {
        var result = Check(Faulty[name]);
        Assert.True(result.Verdict is Verdict.NotLinearizable, $"{name}: {result}");
        Assert.True(BruteForceAgrees(Faulty[name], isLinearizable: false), name);
        Assert.Contains(Faulty[name], operation => operation.ToString() == result.Misfit!.Blocked);
    }

    [Fact]
    public void Secrets_that_meet_in_a_transaction_are_checked_together_and_others_apart()
    {
        var result = Check([Op(1, 0, 10, Transact(new("a", "x", default), new("b", "x", default)), Committed(100, 1, 1)), Op(1, 20, 30, Get("b"), Found("x", 1, 100)), Op(1, 20, 30, Get("c"), Missing)]);
        Assert.Equal((Verdict.Linearizable, 2), (result.Verdict, result.Parts));
    }

    private static CheckResult Check(Operation[] history) => LinearizabilityCheck.Run(new SecretsModel(), history);

    private static bool BruteForceAgrees(Operation[] history, bool isLinearizable) => Linearizability.BruteForce.IsLinearizable(new SecretsModel(), history) == isLinearizable;
}
