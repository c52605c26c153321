using Mill.Core.Model;
using Mill.Core.Secrets;
using Xunit;

namespace Mill.Tests.Core.Secrets;

public sealed class RetentionRulesTests
{
    [Fact]
    public void Whatever_the_limits_the_oldest_go_the_current_one_stays_and_no_gap_is_left()
    {
        var random = new Random(1);
        for (var run = 0; run < 2_000; run++)
        {
            var states = new[] { VersionState.Current, VersionState.Deleted, VersionState.Destroyed };
            var before = Samples.History(random.Next(1, 8), states[random.Next(3)], random.Next(1, 4));
            var retention = ARetention(random);
            var now = new Timestamp(random.Next(200));
            var after = Pruned(before, retention, now);
            Assert.Equal(before.Versions.Skip(before.Versions.Count - after.Versions.Count), after.Versions);
            Assert.Equal(before.Current, after.Current);
            Assert.Equal(before.LastVersion, after.LastVersion);
            Assert.Equal(before.LastDigest, after.LastDigest);
            Assert.Null(HistoryCheck.FindFault(after));
            Assert.Null(HistoryCheck.FindBrokenLink(after));
            if (retention.MaxVersions is { } most) Assert.True(after.Versions.Count <= Math.Max(most, after.Current is null ? 0 : 1));
            Assert.Equal(after.Versions, Pruned(after, retention, now).Versions);
        }
    }

    [Fact]
    public void Without_limits_everything_stays()
    {
        Assert.Empty(RetentionRules.Prune(TenantId.Default, Samples.History(5), null, new(long.MaxValue)));
        Assert.Empty(RetentionRules.Prune(TenantId.Default, Samples.History(5), new RetentionRecord { Tenant = TenantId.Default }, new(long.MaxValue)));
    }

    [Fact]
    public void Age_counts_from_the_end_of_a_version()
    {
        var retention = new RetentionRecord { Tenant = TenantId.Default, MaxAgeSeconds = 1 };
        Assert.Equal(3, Pruned(Samples.History(3), retention, new(1_000_019)).Versions.Count);
        Assert.Equal(2, Pruned(Samples.History(3), retention, new(1_000_020)).Versions.Count);
    }

    [Fact]
    public void Numbers_go_on_when_nothing_is_left()
    {
        var retention = new RetentionRecord { Tenant = TenantId.Default, MaxVersions = 0 };
        var after = Pruned(Samples.History(3, VersionState.Deleted), retention, new(99));
        Assert.Empty(after.Versions);
        Assert.Equal(4, SecretDecisions.Draft(Samples.Id, after, ValueKind.Text, new(100), "w", "r").Version);
    }

    private static RetentionRecord ARetention(Random random) => new()
    {
        Tenant = TenantId.Default,
        MaxVersions = random.Next(3) == 0 ? null : random.Next(6),
        MaxAgeSeconds = random.Next(3) == 0 ? 0 : null,
    };

    private static SecretHistory Pruned(SecretHistory history, RetentionRecord retention, Timestamp now) =>
        States.With(history).Apply(RetentionRules.Prune(TenantId.Default, history, retention, now)).Find(Samples.Id)!;
}
