using Mill.Core.Fleet;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>Every report that brings something is a commit; one that brings nothing is none.</summary>
public sealed class AllocReportTests
{
    [Theory]
    [InlineData(AllocStatus.Starting)]
    [InlineData(AllocStatus.Healthy)]
    public void What_was_said_already_changes_nothing(AllocStatus status)
    {
        var draft = new FleetDraft(FleetState.Empty.Apply(new(new AllocKey("web-1"), Specs.Alloc()))!, Specs.Now);
        Report(status).Apply(draft, Specs.Node);
        Assert.Single(draft.Changes);

        var later = new FleetDraft(draft.Fleet, Specs.Now + TimeSpan.FromSeconds(1));
        Report(status).Apply(later, Specs.Node);
        Assert.Empty(later.Changes);
        (Report(status) with { Restarts = 3, LastLines = ["other"] }).Apply(later, Specs.Node);
        Assert.Single(later.Changes);
    }

    [Fact]
    public void Reports_are_compared_by_what_they_say()
    {
        var report = Report(AllocStatus.Starting);
        Assert.True(report.SaysSameAs(Report(AllocStatus.Starting)));
        Assert.False(report.SaysSameAs(report with { LastLines = ["one"] }));
        Assert.False(report.SaysSameAs(report with { SecretVersions = new Dictionary<string, int> { ["db"] = 3 } }));
        Assert.False(report.SaysSameAs(report with { Addresses = new Dictionary<string, string> { ["api"] = "10.0.0.1:2" } }));
        Assert.False(report.SaysSameAs(report with { Reason = "other" }));
    }

    [Fact]
    public void The_end_of_health_is_noted_with_its_moment()
    {
        var draft = new FleetDraft(FleetState.Empty.Apply(new(new AllocKey("web-1"), Specs.Alloc()))!, Specs.Now);
        Report(AllocStatus.Healthy).Apply(draft, Specs.Node);
        Assert.Equal(Specs.Now, draft.Fleet.Allocs["web-1"].LastHealthyAt);
        var later = new FleetDraft(draft.Fleet, Specs.Now + TimeSpan.FromHours(1));
        Report(AllocStatus.Starting).Apply(later, Specs.Node);
        Assert.Equal(Specs.Now + TimeSpan.FromHours(1), later.Fleet.Allocs["web-1"].LastHealthyAt);
    }

    private static AllocReport Report(AllocStatus status) => new()
    {
        Id = "web-1",
        Status = status,
        Reason = "why",
        LastLines = ["one", "two"],
        SecretVersions = new Dictionary<string, int> { ["db"] = 2 },
        Addresses = new Dictionary<string, string> { ["api"] = "10.0.0.1:1" },
    };
}
