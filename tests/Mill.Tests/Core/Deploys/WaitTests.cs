using Mill.Core.Fleet;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What does not happen right away says why.</summary>
public sealed class WaitTests
{
    private readonly FleetRig _rig = new(1);

    [Fact]
    public void A_hook_that_finds_no_node_says_what_it_waits_for_and_which_it_was()
    {
        _rig.Drain(1);
        _rig.Deploy("service \"web\" {\n image = \"web\"\n pre_deploy { command = [\"m\"] }\n}");
        _rig.Pass(2);
        Assert.Equal((StepPhase.Before, "no node is ready"), (_rig.Fleet.Deploys[1].Steps[0].Phase, _rig.Fleet.Deploys[1].Steps[0].Waits));
        var step = _rig.Finish().Steps[0];
        Assert.Equal(("pre_deploy cannot run: no node is ready", null), (step.Reason, step.Waits));
    }

    [Fact]
    public void A_run_that_was_due_while_the_one_before_was_at_work_is_noted()
    {
        _rig.Fate = alloc => alloc.Kind is AllocKind.Task ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt } : null;
        _rig.Deploy("task \"job\" {\n image = \"job\"\n schedule = \"* * * * *\"\n}");
        _rig.Pass(65);
        Assert.Null(_rig.Fleet.Tasks["job"].SkippedAt);
        _rig.Pass(60);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 12, 2, 0, TimeSpan.Zero), _rig.Fleet.Tasks["job"].SkippedAt!.Value.ToDateTimeOffset());
        Assert.Single(_rig.Fleet.Allocs.Values);
    }
}
