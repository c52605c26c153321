using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Backups;

/// <summary>Backups whose sum is right and whose content is not: somebody made them so, or the store was so already.</summary>
public sealed class BackupCheckTests
{
    private static readonly (RecordKey, StateRecord) Cluster = (new ClusterKey(), BackedUp.Cluster);

    [Fact]
    public async Task A_key_that_stands_twice_is_refused()
    {
        var version = Samples.Version(1, 10);
        await RefuseAsync("stood in the backup before", Cluster, (version.Key, version), (version.Key, version));
    }

    [Fact]
    public async Task Records_of_one_store_are_refused()
    {
        await RefuseAsync("belongs to one store", Cluster, (new HeadKey(), new HeadRecord { Batch = "b", CommitTime = new(1) }));
        await RefuseAsync("belongs to one store", Cluster, (new JoinTokenKey("j1"), BackedUp.State.JoinTokens["j1"]));
        await RefuseAsync("belongs to one store", Cluster, (new LeaderKey(), BackedUp.State.Leader!));
        await RefuseAsync("belongs to one store", Cluster, (new RestoreKey(), new RestoreRecord { Attempt = "a", ClusterId = "c", Revision = 1, Written = 0 }));
    }

    [Fact]
    public async Task Another_cluster_or_key_than_the_header_says_is_refused()
    {
        await RefuseAsync("another cluster", (new ClusterKey(), BackedUp.Cluster with { Id = "ff" }));
        await RefuseAsync("another key", (new ClusterKey(), BackedUp.Cluster with { KeyId = "ff" }));
    }

    [Fact]
    public async Task A_record_that_belongs_elsewhere_is_refused() =>
        await RefuseAsync("line 3", Cluster, (new SecretVersionKey(TenantId.Default, SecretName.Parse("other"), 1), Samples.Version(1, 10)));

    [Fact]
    public async Task A_record_of_a_later_format_is_refused() => await RefuseAsync("line 3", Cluster, (Samples.Version(1, 10).Key, Samples.Version(1, 10) with { Format = 2 }));

    [Fact]
    public async Task A_backup_without_its_cluster_is_unsound() => await FindAsync("which cluster");

    [Fact]
    public async Task A_missing_version_is_found()
    {
        var history = Samples.History(3);
        await FindAsync("version 2 is missing", Cluster, Entry(history.Versions[0]), Entry(history.Versions[2]));
        await FindAsync("version 1 is missing", Cluster, Entry(history.Versions[1]), Entry(history.Versions[2]));
    }

    [Fact]
    public async Task A_broken_link_is_found()
    {
        var history = Samples.History(2);
        await FindAsync("does not follow", Cluster, Entry(history.Versions[0] with { RequestId = "mallory" }), Entry(history.Versions[1]));
    }

    [Fact]
    public async Task A_history_in_two_places_is_found()
    {
        var history = Samples.History(2);
        var other = Samples.Version(1, 10, name: "z");
        await FindAsync("version 1 is missing", Cluster, Entry(history.Versions[0]), Entry(other), Entry(history.Versions[1]));
    }

    [Fact]
    public async Task A_version_from_after_the_backup_is_found()
    {
        await FindAsync("later than the backup", Cluster, Entry(Samples.Version(1, 1001)));
        await FindAsync("later than the backup", Cluster, Entry(Samples.Version(1, 10, 1001, VersionState.Deleted)));
    }

    [Fact]
    public async Task A_version_that_does_not_open_is_a_problem_and_not_the_last_that_is_tried()
    {
        var opened = new List<int>();
        var report = await BackedUp.CheckAsync(await BackedUp.BytesAsync(), version =>
        {
            opened.Add(version.Version);
            if (version.Version == 1) throw new MillException(MillError.RecordRejected, "no");
        });
        Assert.Equal(6, opened.Count);
        Assert.Equal((4L, 2), (report.Opened, report.Problems.Count));
    }

    private static (RecordKey, StateRecord) Entry(SecretVersion version) => (version.Key, version);

    private static async Task RefuseAsync(string reason, params (RecordKey, StateRecord)[] entries)
    {
        var bytes = await BackedUp.BytesOfAsync(entries);
        var refusal = await Assert.ThrowsAsync<MillException>(() => BackedUp.CheckAsync(bytes));
        Assert.Equal(MillError.BackupRejected, refusal.Error);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task FindAsync(string problem, params (RecordKey, StateRecord)[] entries) =>
        Assert.Contains((await BackedUp.CheckAsync(await BackedUp.BytesOfAsync(entries))).Problems, found => found.Contains(problem, StringComparison.Ordinal));
}
