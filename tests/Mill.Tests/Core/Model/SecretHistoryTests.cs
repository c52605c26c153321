using System.Collections.Immutable;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class SecretHistoryTests
{
    [Fact]
    public void Finding_agrees_with_looking_at_every_version()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var history = ARandomHistory(new(seed));
            for (var moment = 0; moment < 120; moment++)
                Assert.Equal(history.Versions.SingleOrDefault(version => version.IsValidAt(new(moment))), history.FindAt(new(moment)));
            for (var number = -2; number < 14; number++)
                Assert.Equal(history.Versions.SingleOrDefault(version => version.Version == number), history.Find(number));
            Assert.Null(history.Find(int.MinValue));
            Assert.Null(history.Find(int.MaxValue));
        }
    }

    [Fact]
    public void The_current_version_is_the_last_and_only_while_it_is_current()
    {
        Assert.Equal(3, Samples.History(3).Current?.Version);
        Assert.Null(Samples.History(3, VersionState.Deleted).Current);
        Assert.Null(Samples.History(3, VersionState.Destroyed).Current);
        Assert.Null(new SecretHistory(Samples.Name).Current);
    }

    [Fact]
    public void Numbers_and_links_go_on_behind_what_was_pruned()
    {
        Assert.Equal(7, Samples.History(3, first: 5).LastVersion);
        var pruned = Samples.History(1, first: 5) with { Versions = [] };
        Assert.Equal(4, pruned.LastVersion);
        Assert.Equal(pruned.Pruned!.Digest, pruned.LastDigest);
        Assert.Equal(RecordDigest.None, new SecretHistory(Samples.Name).LastDigest);
    }

    [Fact]
    public void A_sound_history_has_no_fault()
    {
        for (var seed = 0; seed < 200; seed++) Assert.Null(HistoryCheck.FindFault(ARandomHistory(new(seed))));
        foreach (var state in Enum.GetValues<VersionState>().Except([VersionState.Superseded]))
        {
            var history = Samples.History(4, state, first: 3);
            Assert.Null(HistoryCheck.FindFault(history));
            Assert.Null(HistoryCheck.FindBrokenLink(history));
        }
    }

    public static TheoryData<string> Damage => [.. Damages.Keys];

    [Theory]
    [MemberData(nameof(Damage))]
    public void Damage_is_found(string damage)
    {
        var history = Damages[damage](Samples.History(4));
        Assert.NotNull(HistoryCheck.FindFault(history) ?? HistoryCheck.FindBrokenLink(history));
    }

    private static readonly Dictionary<string, Func<SecretHistory, SecretHistory>> Damages = new()
    {
        ["first dropped"] = history => history with { Versions = history.Versions.RemoveAt(0) },
        ["middle dropped"] = history => history with { Versions = history.Versions.RemoveAt(2) },
        ["last dropped"] = history => history with { Versions = history.Versions.RemoveAt(3) },
        ["swapped"] = history => history with { Versions = history.Versions.SetItem(1, history.Versions[2]).SetItem(2, history.Versions[1]) },
        ["twice"] = history => history with { Versions = history.Versions.Insert(1, history.Versions[1]) },
        ["empty interval"] = history => With(history, 1, version => version with { ValidTo = version.ValidFrom }),
        ["turned interval"] = history => With(history, 1, version => version with { ValidTo = new(1) }),
        ["overlap"] = history => With(history, 1, version => version with { ValidTo = new(31) }),
        ["gap"] = history => With(history, 1, version => version with { ValidTo = new(29) }),
        ["two current"] = history => With(history, 1, version => version with { State = VersionState.Current, ValidTo = null }),
        ["current with an end"] = history => With(history, 3, version => version with { ValidTo = new(99) }),
        ["ended without an end"] = history => With(history, 3, version => version with { State = VersionState.Deleted }),
        ["superseded by nothing"] = history => With(history, 3, version => version with { State = VersionState.Superseded, ValidTo = new(99) }),
        ["destroyed with a key"] = history => With(history, 1, version => version with { State = VersionState.Destroyed }),
        ["key gone, not destroyed"] = history => With(history, 1, version => version with { WrappedKey = null }),
        ["re-dated"] = history => With(history, 1, version => version with { ValidFrom = new(21) }),
        ["another writer"] = history => With(history, 1, version => version with { CreatedBy = "another" }),
        ["another request"] = history => With(history, 1, version => version with { RequestId = "another" }),
        ["another kind"] = history => With(history, 1, version => version with { Kind = ValueKind.Binary }),
        ["another key id"] = history => With(history, 1, version => version with { KeyId = "0" }),
        ["another salt"] = history => With(history, 1, version => version with { WrapSalt = Samples.Bytes(32, 50) }),
        ["another commitment"] = history => With(history, 1, version => version with { KeyCommitment = Samples.Bytes(32, 50) }),
        ["another nonce"] = history => With(history, 1, version => version with { Nonce = Samples.Bytes(12, 50) }),
        ["another value"] = history => With(history, 1, version => version with { Ciphertext = Samples.Bytes(20, 50) }),
        ["another link"] = history => With(history, 1, version => version with { Prev = RecordDigest.None }),
        ["pruned, but nothing is missing"] = history => history with { Pruned = new PrunedRecord { Tenant = TenantId.Default, Name = Samples.Name, Through = 1, Digest = RecordDigest.None } },
    };

    private static SecretHistory With(SecretHistory history, int index, Func<SecretVersion, SecretVersion> change) =>
        history with { Versions = history.Versions.SetItem(index, change(history.Versions[index])) };

    /// <summary>Sets, deletions and destructions at random moments.</summary>
    private static SecretHistory ARandomHistory(Random random)
    {
        var versions = ImmutableList<SecretVersion>.Empty;
        var first = random.Next(1, 4);
        var (count, time) = (random.Next(8), random.Next(5));
        for (var i = 0; i < count; i++)
        {
            var isLast = i == count - 1;
            var end = isLast && random.Next(2) == 0 ? (int?)null : time + random.Next(1, 10);
            var isDeleted = end is not null && (isLast || random.Next(3) == 0);
            var state = end is null ? VersionState.Current : isDeleted ? (random.Next(2) == 0 ? VersionState.Deleted : VersionState.Destroyed) : VersionState.Superseded;
            versions = versions.Add(Samples.Version(first + i, time, end, state));
            time = (end ?? time) + (isDeleted ? random.Next(6) : 0);
        }
        var pruned = first == 1 ? null : new PrunedRecord { Tenant = TenantId.Default, Name = Samples.Name, Through = first - 1, Digest = RecordDigest.None };
        return new SecretHistory(Samples.Name) { Versions = versions, Pruned = pruned };
    }
}
