using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>How long Mill waits before it tries again.</summary>
public sealed class RestartPauseTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 30)]
    [InlineData(4, 60)]
    [InlineData(1000, 60)]
    public void A_pause_grows_to_a_minute_and_no_further(int failures, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), ServiceUpkeep.PauseAfter(failures));

    [Fact]
    public void What_ended_with_its_node_comes_back_at_once()
    {
        var rig = new FleetRig(3);
        rig.Deploy("service \"web\" { image = \"a\" }");
        rig.Finish();
        var lost = rig.Active("web")[0];
        rig.Silent.Add(lost.Node);
        for (var seconds = 0; seconds < 60 && !rig.Fleet.Allocs[lost.Id].IsTerminal; seconds++) rig.Pass(1);

        Assert.True(rig.Fleet.Allocs[lost.Id].IsLost);
        Assert.Equal(rig.Now, Assert.Single(rig.Active("web")).CreatedAt);
    }

    [Fact]
    public void What_fails_by_itself_is_tried_elsewhere_and_with_longer_and_longer_pauses()
    {
        var rig = new FleetRig(3);
        rig.Deploy("service \"web\" { image = \"a\" }");
        rig.Finish();
        var started = new List<(Timestamp At, NodeId Node)>();
        rig.Fate = alloc => new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "the disk is full" };
        for (var second = 0; second < 240; second++)
        {
            rig.Pass(1);
            if (rig.Fleet.Numbers.NextAlloc - 1 > started.Count + 1) started.Add((rig.Now, rig.Active("web")[0].Node));
        }

        // Two seconds pass until one has failed.
        Assert.Equal([2 + 5, 2 + 30, 2 + 60], started.Zip(started.Skip(1), (one, next) => (next.At.Microseconds - one.At.Microseconds) / 1_000_000).Take(3));
        Assert.True(started.Take(3).Select(start => start.Node).Distinct().Count() > 1);
    }
}
