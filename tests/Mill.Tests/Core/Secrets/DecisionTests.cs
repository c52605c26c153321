using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Secrets;

public sealed class DecisionTests
{
    [Theory]
    [InlineData(null, false, null, true)]
    [InlineData(null, true, null, true)]
    [InlineData(null, false, 1, false)]
    [InlineData(3, false, null, true)]
    [InlineData(3, true, null, false)]
    [InlineData(3, false, 3, true)]
    [InlineData(3, false, 2, false)]
    [InlineData(3, true, 3, false)]
    public void A_write_happens_only_where_its_precondition_holds(int? current, bool ifAbsent, int? ifVersion, bool holds)
    {
        var version = current is { } number ? Samples.Version(number, 10) : null;
        var failure = Record.Exception(() => Preconditions.Demand(Samples.Name, version, new(ifAbsent, ifVersion)));
        Assert.Equal(holds, failure is null);
        if (failure is not null) Assert.Equal((MillError.PreconditionFailed, current), (((MillException)failure).Error, ((MillException)failure).CurrentVersion));
    }

    [Fact]
    public void A_new_version_ends_the_one_before_at_its_own_instant()
    {
        var history = Samples.History(2);
        var draft = SecretDecisions.Draft(Samples.Id, history, ValueKind.Text, new(50), "writer", "request");
        Assert.Equal((3, 50), (draft.Version, draft.ValidFrom.Microseconds));
        Assert.Equal(RecordDigest.Of(history.Versions[1]), draft.Prev);
        var after = States.With(history).Apply([.. SecretDecisions.Append(history, Samples.Version(3, 50, prev: draft.Prev))]).Find(Samples.Id)!;
        Assert.Equal((VersionState.Superseded, 50), (after.Versions[1].State, after.Versions[1].ValidTo!.Value.Microseconds));
        Assert.Null(HistoryCheck.FindFault(after));
        Assert.Null(HistoryCheck.FindBrokenLink(after));
    }

    [Fact]
    public void Numbers_go_on_after_a_deletion()
    {
        var history = Samples.History(2, VersionState.Deleted);
        Assert.Equal(3, SecretDecisions.Draft(Samples.Id, history, ValueKind.Text, new(50), "w", "r").Version);
        Assert.Single(SecretDecisions.Append(history, Samples.Version(3, 50)));
    }

    [Fact]
    public void Destroying_takes_the_key_keeps_the_interval_and_can_be_repeated()
    {
        var state = States.With(Samples.History(3));
        var history = state.Find(Samples.Id)!;
        var after = state.Apply(SecretDecisions.Destroy(history, [1, 1, 3], new(99))).Find(Samples.Id)!;
        Assert.Equal([VersionState.Destroyed, VersionState.Superseded, VersionState.Destroyed], after.Versions.Select(version => version.State));
        Assert.Equal([20, 30, 99], after.Versions.Select(version => version.ValidTo!.Value.Microseconds));
        Assert.All(after.Versions, version => Assert.Equal(version.State is VersionState.Destroyed, version.WrappedKey is null));
        Assert.Null(after.Current);
        Assert.Null(HistoryCheck.FindFault(after));
        Assert.Null(HistoryCheck.FindBrokenLink(after));
        Assert.Empty(SecretDecisions.Destroy(after, [1, 3], new(100)));
        Assert.Single(SecretDecisions.Destroy(after, null, new(100)));
    }

    [Fact]
    public void Destroying_a_version_that_is_not_there_changes_nothing()
    {
        var missing = Assert.Throws<MillException>(() => SecretDecisions.Destroy(Samples.History(3), [1, 4], new(99)));
        Assert.Equal(MillError.NotFound, missing.Error);
    }

    [Fact]
    public void Watchers_hear_the_net_effect_of_what_they_may_see()
    {
        var (none, first, second, deleted) = (ClusterState.Empty, States.With(Samples.History(1)), States.With(Samples.History(2)), States.With(Samples.History(2, VersionState.Deleted)));
        Assert.Equal([(SecretEventKind.Added, 1)], Events(none, first));
        Assert.Equal([(SecretEventKind.Rotated, 2)], Events(first, second));
        Assert.Equal([(SecretEventKind.Removed, 2)], Events(second, deleted));
        Assert.Empty(Events(none, deleted));
        Assert.Empty(Events(second, second));
        Assert.Empty(SecretEvents.For(Samples.Caller(allow: "other"), "", StateAdvance.Between(none, first, [Samples.Id])));
        Assert.Empty(SecretEvents.For(Samples.Caller(), "other", StateAdvance.Between(none, first, [Samples.Id])));
        Assert.Empty(SecretEvents.For(Samples.Caller() with { Tenant = TenantId.Parse("other") }, "", StateAdvance.Between(none, first, [Samples.Id])));
        Assert.Equal(SecretEventKind.Reset, Assert.Single(SecretEvents.For(Samples.Caller(), "", StateAdvance.Reset(0, 1))).Kind);
    }

    private static IEnumerable<(SecretEventKind, int)> Events(ClusterState before, ClusterState after) =>
        SecretEvents.For(Samples.Caller(), "app.", StateAdvance.Between(before, after, [Samples.Id])).Select(change => (change.Kind, change.Version));
}
