using Mill.Testing.Histories;
using Xunit;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>The checker is checked: whatever is wrong in a small history is found.</summary>
public sealed class LedgerTests
{
    private static readonly Operation[] History =
    [
        Written(1, "a", 1, 10),
        Written(2, "a", 2, 20),
        Written(3, "b", 1, 30, key: "k"),
        new(1, new SecretCall.Transact([new("a", "v", Condition.Always), new("c", "v", Condition.Always), new("b", null, Condition.Always)]), new SecretAnswer.Committed([new(3, true), new(1, true), new(1, true)], 40), 7, 8),
    ];

    [Fact]
    public void Where_all_is_there_nothing_is_found() => Assert.Empty(Ledger.Check(History, Final()));

    [Fact]
    public void A_secret_that_is_lost_whole_is_found()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            var final = Final();
            final.Remove(name);
            var faults = Ledger.Check(History, final).ToList();
            Assert.Equal(name is "a" ? 3 : 1, faults.Count);
            Assert.All(faults, fault => Assert.StartsWith($"lost: MadeVersion {{ Name = {name},", fault, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_version_that_is_lost_or_is_another_one_is_found()
    {
        var final = Final();
        final["a"] = [Version(3, 40), Version(2, 21), Version(1, 10)];
        Assert.StartsWith("lost: MadeVersion { Name = a, Number = 2", Assert.Single(Ledger.Check(History, final)), StringComparison.Ordinal);
        final["a"] = [Version(2, 20), Version(1, 10)];
        Assert.StartsWith("lost: MadeVersion { Name = a, Number = 3", Assert.Single(Ledger.Check(History, final)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_nobody_asked_for_is_found()
    {
        var final = Final();
        final["c"] = [Version(2, 50), Version(1, 40)];
        Assert.Equal(["c has 2 versions, but only 1 were acknowledged and 0 may be there"], Ledger.Check(History, final));
        Operation open = new(5, new SecretCall.Set("c", "v", Condition.Always), Output: null, 9, Operation.Never);
        Assert.Empty(Ledger.Check([.. History, open], final));
    }

    [Fact]
    public void A_key_that_was_applied_twice_is_found()
    {
        var final = Final();
        final["b"] = [Version(2, 50), Version(1, 30)];
        Assert.Contains(Ledger.Check([.. History, Written(4, "b", 2, 50, key: "k")], final), fault => fault.StartsWith("a key that was applied twice: ", StringComparison.Ordinal));
    }

    [Fact]
    public void One_version_for_two_writes_is_found() =>
        Assert.Contains(Ledger.Check([.. History, Written(5, "c", 1, 40)], Final()), fault => fault.StartsWith("one version for two writes: ", StringComparison.Ordinal));

    private static Operation Written(int client, string name, int version, long from, string? key = null) =>
        new(client, new SecretCall.Set(name, "v", Condition.Always) { Key = key }, new SecretAnswer.Written(version, from, Changed: true), from, from + 1);

    private static Dictionary<string, IReadOnlyList<SeenVersion>> Final() => new(StringComparer.Ordinal)
    {
        ["a"] = [Version(3, 40), Version(2, 20), Version(1, 10)],
        ["b"] = [Version(1, 30)],
        ["c"] = [Version(1, 40)],
    };

    /// <summary>Only the number and the beginning are looked at.</summary>
    private static SeenVersion Version(int number, long from) => new(number, SeenVersion.Superseded, from, null);
}
