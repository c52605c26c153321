using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>Tasks by schedule and by hand, and how long what has ended is remembered.</summary>
public sealed class FleetTaskTests
{
    private readonly FleetRig _rig = new(3);

    [Fact]
    public void A_schedule_starts_a_task_once_each_time_and_makes_up_for_what_was_missed_once()
    {
        _rig.Deploy("task \"job\" {\n image = \"job\"\n schedule = \"*/5 * * * *\"\n}");
        _rig.Pass(299);
        Assert.Empty(_rig.Fleet.Allocs);
        _rig.Pass(3);
        Assert.Single(_rig.Fleet.Allocs);
        _rig.Pass(300);
        Assert.Equal(2, _rig.Fleet.Allocs.Count);
        _rig.Step(TimeSpan.FromHours(3));
        _rig.Pass(10);
        Assert.Equal(3, _rig.Fleet.Allocs.Count);
    }

    [Fact]
    public void A_task_that_is_ended_ends_and_is_not_started_again()
    {
        _rig.Deploy("task \"job\" { image = \"job\" }\nservice \"web\" { image = \"a\" }");
        _rig.Finish();
        _rig.Fate = alloc => alloc.Kind is AllocKind.Task ? new() { Id = alloc.Id, Status = AllocStatus.Running } : null;
        var task = _rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"));
        _rig.Pass(5);
        _rig.Change(draft => TaskRules.Kill(draft, task.Id, TenantId.Default));
        _rig.Pass(60);

        Assert.Equal(AllocStatus.Stopped, _rig.Fleet.Allocs[task.Id].Status);
        Assert.Single(_rig.Fleet.Allocs.Values, alloc => alloc.Kind is AllocKind.Task);
        Assert.Equal(MillError.InvalidRequest, Assert.Throws<MillException>(() => _rig.Change(draft => TaskRules.Kill(draft, _rig.Active("web")[0].Id, TenantId.Default))).Error);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => TaskRules.Kill(draft, "job-99", TenantId.Default))).Error);
    }

    [Fact]
    public void What_has_ended_is_kept_for_a_while_and_not_for_ever()
    {
        _rig.Deploy("task \"job\" { image = \"job\" }\nservice \"web\" { image = \"a\" }");
        _rig.Finish();
        for (var i = 0; i < 300; i++)
        {
            _rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"));
            _rig.Pass(3);
        }
        Assert.Equal(100, _rig.Fleet.Allocs.Values.Count(alloc => alloc.Kind is AllocKind.Task));
        _rig.Step(TimeSpan.FromHours(25));
        _rig.Step(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(_rig.Fleet.Allocs.Values, alloc => alloc.Kind is AllocKind.Task);

        for (var i = 0; i < 15; i++)
        {
            _rig.Change(draft => DeployRules.Restart(draft, "web", TenantId.Default, "ann"));
            _rig.Finish();
        }
        _rig.Pass(1);
        Assert.Equal(10, _rig.Fleet.Deploys.Values.Count(deploy => deploy.Spec is null));
        Assert.True(_rig.Fleet.Deploys.ContainsKey(1));
        Assert.Equal(6, _rig.Fleet.AllocsOf("web").Count());
    }
}
