using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>Every report that brings something is a commit; one that brings nothing is none.</summary>
public sealed class AllocReportTests
{
    private static readonly NodeId Node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]);
    private static readonly Timestamp Now = new(1_700_000_000_000_000);

    [Theory]
    [InlineData(AllocStatus.Starting)]
    [InlineData(AllocStatus.Healthy)]
    public void What_was_said_already_changes_nothing(AllocStatus status)
    {
        var draft = new FleetDraft(FleetState.Empty.Apply(new(new AllocKey("web-1"), Alloc()))!, Now);
        Report(status).Apply(draft, Node);
        Assert.Single(draft.Changes);

        var later = new FleetDraft(draft.Fleet, Now + TimeSpan.FromSeconds(1));
        Report(status).Apply(later, Node);
        Assert.Empty(later.Changes);
        (Report(status) with { Restarts = 3, LastLines = ["other"] }).Apply(later, Node);
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
        var draft = new FleetDraft(FleetState.Empty.Apply(new(new AllocKey("web-1"), Alloc()))!, Now);
        Report(AllocStatus.Healthy).Apply(draft, Node);
        Assert.Equal(Now, draft.Fleet.Allocs["web-1"].LastHealthyAt);
        var later = new FleetDraft(draft.Fleet, Now + TimeSpan.FromHours(1));
        Report(AllocStatus.Starting).Apply(later, Node);
        Assert.Equal(Now + TimeSpan.FromHours(1), later.Fleet.Allocs["web-1"].LastHealthyAt);
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

    private static AllocRecord Alloc() => new()
    {
        Id = "web-1",
        Name = "web",
        Kind = AllocKind.Service,
        Tenant = TenantId.Default,
        Node = Node,
        Version = 1,
        CreatedAt = Now,
        Status = AllocStatus.Pulling,
        Container = Specs.Container(),
    };
}

internal static class Specs
{
    public static ContainerSpec Container() => new()
    {
        Image = "x:v1",
        Network = ContainerNetwork.Host,
        Cpu = 1,
        Memory = 1 << 20,
        Env = new Dictionary<string, Template>(),
        SecretFiles = [],
        Volumes = [],
        Constraints = new Dictionary<string, string>(),
        StopGrace = TimeSpan.FromSeconds(10),
    };
}
