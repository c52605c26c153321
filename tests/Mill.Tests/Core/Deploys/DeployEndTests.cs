using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Ports;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>A deploy ends, whatever becomes of what it began, and a bad one leaves what serves.</summary>
public sealed class DeployEndTests
{
    private const string Web = """
        service "web" {
          image    = "web:v1"
          port     = 80
          replicas = 3
        }
        """;

    private static readonly string NewWeb = Web.Replace("v1", "v2", StringComparison.Ordinal);

    private readonly FleetRig _rig = new(3);

    [Fact]
    public void What_cannot_be_restored_is_given_up_with_the_reason()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        // The second new one is bad, one of the old has ended by then, and its image is gone.
        _rig.Missing.Add("web:v1");
        var good = 0;
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" && alloc.Status is AllocStatus.Running && good++ > 0 ? new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "no database" } : null;
        _rig.Deploy(NewWeb);
        var deploy = _rig.Finish();

        Assert.True(deploy.HasFailed);
        Assert.Matches("^web-8 failed: no database; not restored: web-[0-9]+ failed: there is no such image$", deploy.Steps[0].Reason);
        Assert.True(_rig.Healthy("web").Count >= 2);
        _rig.Fate = _ => null;
        _rig.Deploy(NewWeb);
        Assert.False(_rig.Finish().HasFailed);
    }

    [Fact]
    public void A_node_that_cannot_be_emptied_and_a_bad_version_hold_nobody_up()
    {
        var rig = new FleetRig(1);
        rig.Deploy(Web);
        rig.Finish();
        rig.Drain(1);
        rig.Deploy(NewWeb);

        Assert.Equal("no node is ready", rig.Finish().Steps[0].Reason);
        Assert.Equal(3, rig.Healthy("web").Count);
        Assert.Equal("it has no other place: no node is ready", NodeRules.WaitsFor(rig.Fleet, FleetRig.Node(1))[0].Reason);
    }

    [Fact]
    public void Old_replicas_in_trouble_do_not_keep_a_deploy_from_its_end()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var sick = _rig.Active("web")[0].Id;
        _rig.Fate = alloc => alloc.Id == sick ? new() { Id = sick, Status = AllocStatus.Running, StartedAt = _rig.Now, Reason = "GET /healthz answered 500" } : null;
        _rig.Pass(5);
        _rig.Deploy(Web.Replace("= 3", "= 4", StringComparison.Ordinal));

        Assert.False(_rig.Finish().HasFailed);
        Assert.Equal(3, _rig.Healthy("web").Count);
    }

    [Fact]
    public void A_removal_ends_though_the_engine_of_a_node_is_gone()
    {
        _rig.Deploy(Web + "\nservice \"old\" { image = \"old:v1\" }");
        _rig.Finish();
        _rig.Broken.Add(_rig.Active("old")[0].Node);
        _rig.Deploy(Web);

        Assert.Equal(StepPhase.Done, _rig.Finish().Steps.Single(step => step.Service is "old").Phase);
    }

    [Fact]
    public void A_hook_of_which_nothing_is_heard_has_failed()
    {
        var hooked = Web.Replace("replicas = 3", "pre_deploy { command = [\"./migrate\"] }", StringComparison.Ordinal);
        _rig.Fate = alloc => alloc.Kind is AllocKind.Hook ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = _rig.Now } : null;
        _rig.Deploy(hooked);

        Assert.Equal("pre_deploy failed: nothing was heard of web-hook-1 for too long", _rig.Finish().Steps[0].Reason);
        Assert.Empty(_rig.Fleet.Services);
    }

    [Fact]
    public void A_hook_waits_for_room_as_long_as_a_replica_may_take()
    {
        var rig = new FleetRig(1, cpu: 1);
        rig.Fate = alloc => alloc.Kind is AllocKind.Task ? new() { Id = alloc.Id, Status = AllocStatus.Running } : null;
        rig.Deploy("task \"job\" {\n image = \"job\"\n cpu = 1\n}");
        rig.Pass(1);
        var task = rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"));
        rig.Deploy("task \"job\" {\n image = \"job\"\n cpu = 1\n}\nservice \"web\" {\n image = \"a\"\n pre_deploy { command = [\"./migrate\"] }\n}");
        rig.Pass(20);
        Assert.Equal(StepPhase.Before, rig.Fleet.Deploying.Values.Single().Steps[0].Phase);
        rig.Change(draft => TaskRules.Kill(draft, task.Id, TenantId.Default));

        Assert.Equal(StepPhase.Done, rig.Finish().Steps[0].Phase);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void A_roll_waits_for_what_ends_only_where_that_makes_room(int node, bool isWaiting)
    {
        const string There = "service \"there\" {\n image = \"a\"\n cpu = 8\n replicas = 1\n update { drain = \"60s\" }\n constraints { number = \"2\" }\n}";
        Assert.True(TenantId.TryParse("other", out var other));
        foreach (var text in new[] { There, There.Replace("replicas = 1", "replicas = 0", StringComparison.Ordinal) })
        {
            _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec(text), other, "eve"));
            _rig.Pass(15);
        }
        Assert.True(_rig.Active("there").Single().IsStopping);
        _rig.Deploy(string.Create(CultureInfo.InvariantCulture, $"service \"big\" {{\n image = \"a\"\n cpu = 5\n replicas = {3 - node}\n constraints {{ number = \"{node}\" }}\n}}"));
        _rig.Pass(20);

        Assert.Equal(isWaiting, _rig.Fleet.DeployingOf(TenantId.Default) is not null);
        if (isWaiting)
        {
            Assert.Equal(other, _rig.Finish().Tenant);
            Assert.False(_rig.Finish().HasFailed);
            Assert.Single(_rig.Healthy("big"));
        }
        else Assert.StartsWith("no node has room", _rig.Fleet.Deploys[3].Steps[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Somebody_stops_a_deploy_and_everything_is_as_it_was()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToHashSet();
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = _rig.Now } : null;
        _rig.Deploy(NewWeb);
        _rig.Pass(5);
        _rig.Change(draft => DeployRules.Abort(draft, 2, TenantId.Default, "bob"));
        var deploy = _rig.Finish();

        Assert.Equal((StepPhase.Failed, "bob stopped the deploy", "bob"), (deploy.Steps[0].Phase, deploy.Steps[0].Reason, deploy.AbortedBy));
        Assert.Equal(before, _rig.Active("web").Select(alloc => alloc.Id).ToHashSet());
        Assert.Equal(MillError.PreconditionFailed, Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Abort(draft, 2, TenantId.Default, "bob"))).Error);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "bob"))).Error);
    }

    [Fact]
    public void A_hook_of_a_stopped_deploy_ends()
    {
        _rig.Fate = alloc => alloc.Kind is AllocKind.Hook ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = _rig.Now } : null;
        _rig.Deploy(Web.Replace("replicas = 3", "pre_deploy { command = [\"./migrate\"] }", StringComparison.Ordinal));
        _rig.Pass(5);
        _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "bob"));
        _rig.Pass(3);

        Assert.True(_rig.Fleet.Deploys[1].HasFailed);
        Assert.Empty(_rig.Containers);
    }

    [Fact]
    public void A_service_may_take_its_start_period_and_the_clock_of_its_node_is_not_asked()
    {
        var slow = Web.Replace("replicas = 3", "health {\n path = \"/\"\n start_period = \"5m\"\n }", StringComparison.Ordinal);
        foreach (var node in _rig.Fleet.Nodes.Keys) _rig.Skew[node] = TimeSpan.FromHours(-1);
        var started = _rig.Now;
        _rig.Fate = alloc => alloc.Status is AllocStatus.Running && _rig.Now < started + TimeSpan.FromMinutes(4) ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt } : null;
        _rig.Deploy(slow);

        Assert.False(_rig.Finish().HasFailed);
    }

    [Fact]
    public void What_nobody_checks_has_to_run_for_a_while_before_the_old_ones_go()
    {
        const string Worker = "service \"worker\" {\n image = \"worker:v1\"\n replicas = 2\n}";
        _rig.Deploy(Worker);
        _rig.Finish();
        var before = _rig.Active("worker").Select(alloc => alloc.Id).ToList();
        // It is said to be healthy as soon as it runs, and ends two seconds later.
        _rig.Fate = alloc => alloc is { Container.Image: "worker:v2", HealthyAt: { } at } && at + TimeSpan.FromSeconds(2) <= _rig.Now ? new() { Id = alloc.Id, Status = AllocStatus.Starting, Restarts = 1, ExitCode = 1 } : null;
        _rig.Watch = _ => Assert.Equal(2, _rig.Healthy("worker").Count(alloc => alloc.Container.Image is "worker:v1"));
        _rig.Deploy(Worker.Replace("v1", "v2", StringComparison.Ordinal));

        Assert.True(_rig.Finish().HasFailed);
        Assert.Equal(before, _rig.Active("worker").Select(alloc => alloc.Id));
    }

    [Fact]
    public void What_still_drains_is_taken_back_where_the_new_version_fails()
    {
        var slow = Web.Replace("replicas = 3", "replicas = 1\n update { drain = \"60s\" }", StringComparison.Ordinal);
        _rig.Deploy(slow);
        _rig.Finish();
        var before = _rig.Active("web").Single().Id;
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" && _rig.Fleet.Allocs[before].IsStopping ? new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "out of memory" } : null;
        _rig.Deploy(slow.Replace("v1", "v2", StringComparison.Ordinal));
        var deploy = _rig.Finish();

        Assert.Equal("web-3 failed: out of memory", deploy.Steps[0].Reason);
        Assert.Equal((before, false), (_rig.Healthy("web").Single().Id, _rig.Fleet.Allocs[before].IsStopping));
    }

    [Fact]
    public void A_roll_to_fewer_replicas_stops_no_old_one_before_there_are_enough_new_ones()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToList();
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" && alloc.Status is AllocStatus.Running ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt } : null;
        _rig.Watch = _ => Assert.Equal(3, _rig.Healthy("web").Count);
        _rig.Deploy(NewWeb.Replace("= 3", "= 1", StringComparison.Ordinal));

        Assert.True(_rig.Finish().HasFailed);
        Assert.Equal(before, _rig.Active("web").Select(alloc => alloc.Id));
    }

    [Fact]
    public void A_deploy_goes_on_in_small_portions()
    {
        _rig.Portion = new(1, long.MaxValue);
        _rig.Deploy(string.Concat(Enumerable.Range(0, 10).Select(i => $"service \"s{i}\" {{\n image = \"a\"\n replicas = 5\n cpu = 0.1\n}}\n")));

        Assert.False(_rig.Finish().HasFailed);
        Assert.Equal(50, _rig.Containers.Count);
        _rig.Silent.Add(FleetRig.Node(1));
        _rig.Pass(60);
        Assert.Equal(50, _rig.Fleet.Allocs.Values.Count(alloc => alloc is { Status: AllocStatus.Healthy, IsTerminal: false }));
    }

    [Fact]
    public void One_draft_is_no_larger_than_its_portion()
    {
        _rig.Deploy(Web.Replace("= 3", "= 200", StringComparison.Ordinal).Replace("port", "cpu = 0.1\n memory = \"6Mi\"\n port", StringComparison.Ordinal));
        _rig.Decide();
        var draft = new FleetDraft(_rig.Fleet, _rig.Now, new StoreLimits(20, long.MaxValue));
        FleetDecisions.Decide(draft, new(TimeSpan.FromHours(1), new Dictionary<NodeId, TimeSpan>(), FleetRig.NodeTimeout));

        Assert.InRange(draft.Changes.Count, 20, 22);
        Assert.Equal(draft.Now, draft.WakeAt);
        var small = new FleetDraft(_rig.Fleet, _rig.Now, new StoreLimits(int.MaxValue, 10_000));
        FleetDecisions.Decide(small, new(TimeSpan.FromHours(1), new Dictionary<NodeId, TimeSpan>(), FleetRig.NodeTimeout));
        Assert.InRange(small.Changes.Count, 5, 30);
    }
}
