using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Ports;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What nodes say of themselves, and what becomes of one that is lost or is to be empty.</summary>
public sealed class FleetNodeTests
{
    private const string Text = "service \"web\" {\n image = \"a\"\n port = 80\n replicas = 3\n}\ntask \"job\" { image = \"job\" }";

    private readonly FleetRig _rig = new(3);

    [Fact]
    public void Tasks_end_where_a_node_is_to_be_empty_and_hooks_and_replicas_do_not()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        _rig.Fate = alloc => alloc.Kind is AllocKind.Service ? null : new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt ?? _rig.Now };
        var task = Start();
        _rig.Deploy(Text.Replace("port", "pre_deploy { command = [\"./migrate\"] }\n image = \"b\"\n port", StringComparison.Ordinal).Replace(" image = \"a\"\n", "", StringComparison.Ordinal));
        _rig.Pass(5);
        var hook = _rig.Fleet.Allocs.Values.Single(alloc => alloc.Kind is AllocKind.Hook);
        Assert.Equal(task.Node, hook.Node);
        _rig.Change(draft => NodeRules.Drain(draft, task.Node, "ann"));
        _rig.Step(TimeSpan.Zero);

        var (asked, at) = (_rig.Fleet.Allocs[task.Id], _rig.Now);
        Assert.Equal((at, "its node is to be empty"), (asked.StopAskedAt, asked.StopReason));
        Assert.False(_rig.Fleet.Allocs[hook.Id].IsStopping);
        Assert.All(_rig.Active("web"), alloc => Assert.False(alloc.IsStopping));
        _rig.Pass(2);
        Assert.Equal((AllocStatus.Stopped, at), (_rig.Fleet.Allocs[task.Id].Status, _rig.Fleet.Allocs[task.Id].StopAskedAt));
        Assert.Single(_rig.Fleet.Allocs.Values, alloc => alloc.Kind is AllocKind.Task);
    }

    [Fact]
    public void A_move_while_a_roll_is_taken_back_leaves_as_many_as_served_when_it_began_of_whatever_version()
    {
        const string Two = "service \"web\" {\n image = \"a\"\n port = 80\n replicas = 2\n update { drain = \"0s\" }\n}";
        _rig.Deploy(Two);
        _rig.Finish();
        _rig.Deploy(Two.Replace("\"a\"", "\"b\"", StringComparison.Ordinal));
        for (var second = 0; second < 60 && _rig.Healthy("web").Count(alloc => alloc.Version is 1) is 2; second++) _rig.Pass(1);
        // Another of the old has ended by now.
        _rig.Pass(1);
        var (old, fresh) = (_rig.Healthy("web").Single(alloc => alloc.Version is 1), _rig.Healthy("web").Single(alloc => alloc.Version is 2));
        _rig.Fate = alloc => alloc.Id == fresh.Id ? new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1 } : null;
        _rig.Change(draft => NodeRules.Drain(draft, old.Node, "ann"));
        _rig.Watch = before =>
        {
            if (_rig.Fleet.Allocs[old.Id].IsStopping && !before.Allocs[old.Id].IsStopping) Assert.Equal(2, _rig.Healthy("web").Count);
        };
        Assert.True(_rig.Finish().HasFailed);
        _rig.Pass(60);

        Assert.Empty(NodeRules.WaitsFor(_rig.Fleet, old.Node));
    }

    [Fact]
    public void A_node_that_is_lost_is_empty_as_soon_as_somebody_wants_it_so()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        _rig.Silent.Add(FleetRig.Node(1));
        _rig.Pass(30);
        _rig.Drain(1);
        _rig.Pass(1);

        Assert.Empty(NodeRules.WaitsFor(_rig.Fleet, FleetRig.Node(1)));
        NodeRules.DemandEmpty(_rig.Fleet, FleetRig.Node(1));
        Assert.Equal(3, _rig.Healthy("web").Count);
    }

    [Fact]
    public void That_a_node_is_to_be_empty_outlives_its_loss_and_its_return()
    {
        _rig.Drain(1);
        _rig.Silent.Add(FleetRig.Node(1));
        _rig.Pass(15);
        Assert.Equal((true, true), (_rig.Fleet.Nodes[FleetRig.Node(1)].IsDown, _rig.Fleet.Nodes[FleetRig.Node(1)].IsDraining));
        _rig.Silent.Clear();
        _rig.Pass(2);

        Assert.Equal((false, true, "ann"), (_rig.Fleet.Nodes[FleetRig.Node(1)].IsDown, _rig.Fleet.Nodes[FleetRig.Node(1)].IsDraining, _rig.Fleet.Nodes[FleetRig.Node(1)].DrainBy));
        _rig.Deploy(Text);
        _rig.Finish();
        Assert.DoesNotContain(_rig.Active("web"), alloc => alloc.Node == FleetRig.Node(1));
    }

    [Fact]
    public void What_a_node_says_of_itself_is_noted_and_since_when_it_is_as_it_is()
    {
        var node = FleetRig.Node(1);
        var began = _rig.Fleet.Nodes[node].Since;
        _rig.Pass(3);
        var report = new NodeReport(node, 2, 1 << 30, new Dictionary<string, string> { ["disk"] = "ssd" }, []);
        _rig.Change(draft => NodeRules.Hear(draft, report));
        var (heard, now) = (_rig.Fleet.Nodes[node], _rig.Now);
        Assert.Equal((2m, 1L << 30, "ssd", began), (heard.Cpu, heard.Memory, heard.Labels["disk"], heard.Since));
        Assert.True(NodeRules.IsKnown(_rig.Fleet, report));

        _rig.Change(draft => NodeRules.Hear(draft, report with { NotReady = "no engine" }));
        Assert.Equal(("no engine", now), (_rig.Fleet.Nodes[node].NotReady, _rig.Fleet.Nodes[node].Since));
        Change(TimeSpan.FromSeconds(5), report with { NotReady = "another reason" });
        Assert.Equal(("another reason", now), (_rig.Fleet.Nodes[node].NotReady, _rig.Fleet.Nodes[node].Since));
        Change(TimeSpan.FromSeconds(5), report);
        Assert.Equal((null, _rig.Now), (_rig.Fleet.Nodes[node].NotReady, _rig.Fleet.Nodes[node].Since));
    }

    [Fact]
    public void Tasks_are_counted_whatever_becomes_of_them_until_their_name_is_forgotten()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        var runs = true;
        _rig.Fate = alloc => alloc.Kind is AllocKind.Task && runs ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt ?? _rig.Now } : null;
        Start();
        Start();
        _rig.Pass(10);
        runs = false;
        _rig.Pass(1);
        var totals = _rig.Fleet.TaskTotals.Values.Single();
        Assert.Equal(("job", 2L, 2L), (totals.Name, totals.Started, totals.Ended()));
        Assert.Equal("0 0 2 0 0 0 0 0 0", string.Join(' ', totals.Lengths));
        Assert.Equal(2, totals.StartedWithinDay(_rig.Now));
        Assert.Equal(0, totals.StartedWithinDay(_rig.Now + TimeSpan.FromHours(24)));

        // One that never ran was started, and took no time.
        _rig.Missing.Add("job");
        Start();
        _rig.Pass(2);
        Assert.Equal((3L, 2L), (_rig.Fleet.TaskTotals.Values.Single().Started, _rig.Fleet.TaskTotals.Values.Single().Ended()));
        _rig.Deploy(Text[..Text.IndexOf("task", StringComparison.Ordinal)]);
        _rig.Finish();
        Assert.Single(_rig.Fleet.TaskTotals);
        _rig.Step(TimeSpan.FromHours(25));
        _rig.Pass(2);
        Assert.Empty(_rig.Fleet.TaskTotals);
    }

    [Fact]
    public void A_lost_node_is_replaced_and_its_tasks_fail()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        _rig.Fate = alloc => alloc.Kind is AllocKind.Task ? new() { Id = alloc.Id, Status = AllocStatus.Running } : null;
        var task = Start();
        _rig.Silent.Add(task.Node);
        _rig.Pass(9);
        Assert.Equal(3, _rig.Healthy("web").Count);
        _rig.Pass(6);

        Assert.True(_rig.Fleet.Nodes[task.Node].IsDown);
        Assert.Equal(3, _rig.Healthy("web").Count);
        Assert.DoesNotContain(_rig.Active("web"), alloc => alloc.Node == task.Node);
        Assert.Equal((AllocStatus.Failed, true, "its node was lost"), (_rig.Fleet.Allocs[task.Id].Status, _rig.Fleet.Allocs[task.Id].IsLost, _rig.Fleet.Allocs[task.Id].Reason));
        Assert.DoesNotContain(_rig.Fleet.Allocs.Values, alloc => alloc is { Kind: AllocKind.Task, IsTerminal: false });

        // It comes back, and gets nothing that it had.
        _rig.Silent.Clear();
        _rig.Pass(20);
        Assert.Equal(3, _rig.Active("web").Count);
    }

    [Fact]
    public void A_new_leader_gives_every_node_a_whole_timeout()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        var before = _rig.Active("web");
        for (var leaders = 0; leaders < 5; leaders++)
        {
            // Nobody can reach a leader for 9 s, and the next one has heard of nobody.
            foreach (var node in _rig.Fleet.Nodes.Keys) _rig.Silent.Add(node);
            _rig.Pass(9);
            _rig.ChangeLeader();
        }
        _rig.Silent.Clear();
        _rig.Pass(30);

        Assert.Equal(before, _rig.Active("web"));
    }

    [Fact]
    public void A_node_that_is_to_be_empty_is_left_start_first()
    {
        _rig.Deploy(Text);
        _rig.Finish();
        _rig.Watch = _ => Assert.True(_rig.Healthy("web").Count >= 3);
        _rig.Drain(1);
        _rig.Pass(60);

        Assert.DoesNotContain(_rig.Fleet.Allocs.Values, alloc => !alloc.IsTerminal && alloc.Node == FleetRig.Node(1));
        _rig.Drain(1, false);
        _rig.Pass(60);
        Assert.Equal(3, _rig.Healthy("web").Count);
    }

    [Fact]
    public void A_node_that_is_to_be_empty_keeps_what_has_no_other_place()
    {
        _rig.Deploy("service \"web\" {\n image = \"a\"\n constraints { number = 1 }\n}");
        _rig.Finish();
        _rig.Drain(1);
        _rig.Pass(60);

        Assert.Equal(FleetRig.Node(1), Assert.Single(_rig.Healthy("web")).Node);
    }

    [Fact]
    public void Late_reports_wake_nobody_from_the_dead()
    {
        _rig.Deploy("service \"web\" { image = \"a\" }");
        _rig.Finish();
        var alloc = _rig.Active("web")[0];
        _rig.Change(draft => { new AllocReport { Id = alloc.Id, Status = AllocStatus.Failed }.Apply(draft, alloc.Node); return 0; });
        _rig.Change(draft => { new AllocReport { Id = alloc.Id, Status = AllocStatus.Healthy }.Apply(draft, alloc.Node); return 0; });
        _rig.Change(draft => { new AllocReport { Id = "web-99", Status = AllocStatus.Healthy }.Apply(draft, alloc.Node); return 0; });

        Assert.Equal(AllocStatus.Failed, _rig.Fleet.Allocs[alloc.Id].Status);
        Assert.False(_rig.Fleet.Allocs.ContainsKey("web-99"));
    }

    private void Change(TimeSpan after, NodeReport report)
    {
        _rig.SetClock(after);
        _rig.Change(draft => NodeRules.Hear(draft, report));
    }

    private AllocRecord Start()
    {
        var task = _rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"));
        _rig.Pass(3);
        return task;
    }
}
