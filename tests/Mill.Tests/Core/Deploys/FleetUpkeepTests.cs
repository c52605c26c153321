using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What goes on between deploys, and what is there to go back to.</summary>
public sealed class FleetUpkeepTests
{
    private const string Web = "service \"web\" {\n image = \"web:v1\"\n port = 80\n replicas = 2\n}";

    private readonly FleetRig _rig = new(3);

    [Fact]
    public void A_clock_that_is_set_takes_no_node_away()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web");
        _rig.SetClock(TimeSpan.FromHours(1));
        _rig.Decide();
        _rig.Pass(30);

        Assert.Equal(before, _rig.Active("web"));
    }

    [Fact]
    public void A_replica_in_trouble_does_not_keep_a_node_from_being_emptied()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var (sick, well) = (_rig.Active("web")[0], _rig.Active("web")[1]);
        _rig.Fate = alloc => alloc.Id == sick.Id ? new() { Id = sick.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt, Reason = "GET / answered 500" } : null;
        _rig.Pass(120);
        _rig.Watch = _ => Assert.NotEmpty(_rig.Healthy("web"));
        _rig.Change(draft => NodeRules.Drain(draft, well.Node, "ann"));
        _rig.Pass(60);

        Assert.Equal("ann", _rig.Fleet.Nodes[well.Node].DrainBy);
        Assert.Empty(NodeRules.WaitsFor(_rig.Fleet, well.Node));
        Assert.Single(_rig.Healthy("web"));
    }

    [Fact]
    public void A_move_to_where_it_does_not_run_leaves_what_serves()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var moved = _rig.Active("web")[0];
        _rig.Fate = alloc => alloc.CreatedAt > moved.CreatedAt ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt } : null;
        _rig.Change(draft => NodeRules.Drain(draft, moved.Node, "ann"));
        _rig.Pass(600);

        Assert.Equal(2, _rig.Healthy("web").Count);
        Assert.Equal([new DrainWait(moved.Id, "what takes its place is not healthy yet")], NodeRules.WaitsFor(_rig.Fleet, moved.Node));
        Assert.Equal(MillError.PreconditionFailed, Assert.Throws<MillException>(() => NodeRules.DemandEmpty(_rig.Fleet, moved.Node)).Error);
    }

    [Fact]
    public void A_node_that_is_emptied_twice_is_the_same_as_once()
    {
        var first = _rig.Change(draft => NodeRules.Drain(draft, FleetRig.Node(1), "ann"));
        Assert.Same(first, _rig.Change(draft => NodeRules.Drain(draft, FleetRig.Node(1), "bob")));
        Assert.Null(_rig.Change(draft => NodeRules.Undrain(draft, FleetRig.Node(1), "bob")).DrainBy);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => NodeRules.Drain(draft, FleetRig.Node(9), "ann"))).Error);
    }

    [Fact]
    public void An_engine_that_is_away_for_a_while_moves_nothing_and_one_that_stays_away_does()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var node = _rig.Active("web")[0].Node;
        _rig.Broken.Add(node);
        _rig.Pass(120);
        Assert.Equal(2, _rig.Active("web").Count);
        Assert.Contains(_rig.Active("web"), alloc => alloc.Node == node);
        _rig.Pass(240);

        Assert.DoesNotContain(_rig.Active("web"), alloc => alloc.Node == node);
        Assert.Equal(2, _rig.Healthy("web").Count);
    }

    [Fact]
    public void Failures_of_long_ago_lengthen_no_pause()
    {
        _rig.Deploy("service \"web\" { image = \"a\" }");
        _rig.Finish();
        var fails = true;
        _rig.Fate = alloc => fails ? new() { Id = alloc.Id, Status = AllocStatus.Failed } : null;
        _rig.Pass(120);
        fails = false;
        _rig.Pass(1200);
        var last = Assert.Single(_rig.Healthy("web"));
        _rig.Fate = alloc => alloc.Id == last.Id ? new() { Id = alloc.Id, Status = AllocStatus.Failed } : null;
        _rig.Pass(6);

        Assert.Single(_rig.Active("web"));
    }

    [Fact]
    public void The_same_report_twice_notes_nothing()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var alloc = _rig.Active("web")[0];
        Assert.Empty(Noted(alloc, Report));
        Assert.Equal(2, Noted(alloc, Starting, Starting).Count);

        static AllocReport Report(AllocRecord alloc) => new() { Id = alloc.Id, Status = AllocStatus.Healthy, StartedAt = new(5) };
        static AllocReport Starting(AllocRecord alloc) => new() { Id = alloc.Id, Status = AllocStatus.Starting, Restarts = 1, LastLines = ["a", "b"], SecretVersions = new Dictionary<string, int> { ["A"] = 1 } };

        List<AllocRecord> Noted(AllocRecord alloc, params Func<AllocRecord, AllocReport>[] reports)
        {
            // What changes is seen in what is there afterwards: one after the first, and the very same after the second.
            var noted = new List<AllocRecord>();
            foreach (var report in reports)
            {
                _rig.Change(draft => { report(alloc).Apply(draft, alloc.Node); return 0; });
                if (!ReferenceEquals(_rig.Fleet.Allocs[alloc.Id], alloc)) noted.Add(_rig.Fleet.Allocs[alloc.Id]);
            }
            Assert.True(noted.Distinct(ReferenceEqualityComparer.Instance).Count() <= 1);
            return noted;
        }
    }

    [Fact]
    public void Going_back_goes_to_what_ran_before_what_runs_and_never_forth()
    {
        for (var version = 1; version <= 3; version++) DeployVersion(version);
        DeployVersion(3);
        _rig.Missing.Add("web:v4");
        DeployVersion(4);
        Assert.True(_rig.Fleet.Deploys[5].HasFailed);

        Assert.Equal(2, Back());
        Assert.Equal(1, Back());
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => Back()).Error);
        Assert.Equal(3, DeployRules.Earlier(_rig.Fleet, TenantId.Default, 3).Number);

        int Back()
        {
            var earlier = DeployRules.Earlier(_rig.Fleet, TenantId.Default, null);
            _rig.Change(draft => DeployRules.Begin(draft, earlier.Result!, TenantId.Default, "ann", earlier.Number));
            Assert.False(_rig.Finish().HasFailed);
            return earlier.Number;
        }
    }

    [Fact]
    public void Restarts_and_other_tenants_leave_what_one_can_go_back_to()
    {
        DeployVersion(1);
        DeployVersion(2);
        for (var i = 0; i < 12; i++)
        {
            _rig.Change(draft => DeployRules.Restart(draft, "web", TenantId.Default, "ann"));
            _rig.Finish();
            _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec($"service \"other\" {{ image = \"o:v{i}\" }}"), Other, "eve"));
            _rig.Finish();
        }

        Assert.Equal(1, DeployRules.Earlier(_rig.Fleet, TenantId.Default, null).Number);
        Assert.Equal(10 + 2 + 10, _rig.Fleet.Deploys.Count);
    }

    [Fact]
    public void Ten_thousand_short_tasks_leave_few_records()
    {
        _rig.Deploy("task \"job\" {\n image = \"job\"\n cpu = 0.1\n memory = \"6Mi\"\n}");
        for (var i = 0; i < 100; i++)
        {
            _rig.Change(draft =>
            {
                var view = new PlacementView(draft.Fleet);
                for (var task = 0; task < 100; task++) TaskRules.Start(draft, view, draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann");
                return 0;
            });
            _rig.Pass(4);
        }

        Assert.Equal(10_001, _rig.Fleet.Numbers.NextAlloc);
        Assert.Equal(100, _rig.Fleet.Allocs.Count);
        Assert.Empty(_rig.Containers);
    }

    [Fact]
    public void Services_that_are_gone_leave_nothing_for_long()
    {
        for (var i = 0; i < 20; i++)
        {
            _rig.Deploy($"service \"pr-{i}\" {{\n image = \"a\"\n pre_deploy {{ command = [\"./migrate\"] }}\n}}");
            _rig.Finish();
        }
        _rig.Pass(10);
        _rig.Step(TimeSpan.FromHours(25));
        _rig.Pass(2);

        Assert.Single(_rig.Fleet.Allocs);
    }

    [Fact]
    public void A_schedule_that_finds_no_room_says_so_and_starts_once_there_is_some()
    {
        var rig = new FleetRig(1, cpu: 1);
        const string Jobs = "task \"job\" {\n image = \"job\"\n cpu = 1\n schedule = \"* * * * *\"\n}\ntask \"other\" {\n image = \"other\"\n cpu = 1\n}";
        rig.Fate = alloc => alloc.Name is "other" ? new() { Id = alloc.Id, Status = AllocStatus.Running } : null;
        rig.Deploy(Jobs);
        rig.Pass(1);
        var other = rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["other"].Spec, TenantId.Default, "ann"));
        rig.Pass(120);
        Assert.StartsWith("no node has room", rig.Fleet.Tasks["job"].Waits, StringComparison.Ordinal);
        rig.Change(draft => TaskRules.Kill(draft, other.Id, TenantId.Default));
        rig.Pass(10);

        Assert.Null(rig.Fleet.Tasks["job"].Waits);
        Assert.Single(rig.Fleet.Allocs.Values, alloc => alloc.Name is "job");
    }

    [Fact]
    public void What_another_tenant_does_is_not_told()
    {
        _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec("service \"web\" {\n image = \"secret-project\"\n}"), Other, "eve"));

        Assert.Equal("The name \"web\" is taken.", Assert.Throws<MillException>(() => _rig.Deploy(Web)).Message);
        Assert.DoesNotContain("secret-project", string.Join(' ', DeployPlan.Of(_rig.Fleet, FleetRig.Spec(Web), TenantId.Default).Services.SelectMany(service => service.Differences)), StringComparison.Ordinal);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "ann"))).Error);
    }

    [Fact]
    public void A_restored_fleet_waits_until_somebody_lets_it_run()
    {
        var text = Web + "\ntask \"job\" {\n image = \"job\"\n schedule = \"* * * * *\"\n}";
        _rig.Deploy(text);
        _rig.Finish();
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" ? new() { Id = alloc.Id, Status = AllocStatus.Running } : null;
        _rig.Deploy(text.Replace("v1", "v2", StringComparison.Ordinal));
        _rig.Pass(5);
        var next = _rig.Fleet.Numbers.NextAlloc;
        var restored = new FleetRig(3, FleetBackup.Of(_rig.Fleet, _rig.Now));

        Assert.Equal((true, "web:v1"), (restored.Fleet.Deploys[2].HasFailed, restored.Fleet.Services["web"].Spec.Container.Image));
        restored.Pass(120);
        Assert.Empty(restored.Fleet.Allocs);
        var refusal = Assert.Throws<MillException>(() => restored.Deploy(Web));
        Assert.Equal((MillError.PreconditionFailed, "Once it does not: mill resume"), (refusal.Error, refusal.Hint));
        Assert.Equal(MillError.PreconditionFailed, Assert.Throws<MillException>(() => restored.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"))).Error);

        restored.Change(draft => DeployRules.Resume(draft, "ann"));
        restored.Pass(20);
        Assert.Equal(2, restored.Healthy("web").Count);
        Assert.True(restored.Fleet.Numbers.NextAlloc > next + 1000);
        restored.Pass(70);
        Assert.Contains(restored.Fleet.Allocs.Values, alloc => alloc.Name is "job");
    }

    [Fact]
    public void Allocations_are_found_by_their_service_and_by_their_node()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var fleet = _rig.Fleet;

        Assert.Equal(fleet.Allocs.Values, fleet.AllocsOf("web"));
        Assert.Equal(fleet.Allocs.Values.OrderBy(alloc => alloc.Id), fleet.Nodes.Keys.SelectMany(fleet.AllocsOn).OrderBy(alloc => alloc.Id));
        foreach (var id in fleet.Allocs.Keys) fleet = fleet.Apply(new(new AllocKey(id), null))!;
        Assert.Empty(fleet.AllocsOf("web").Concat(fleet.AllocatedNodes.SelectMany(fleet.AllocsOn)));
    }

    private static TenantId Other { get; } = TenantId.TryParse("other", out var tenant) ? tenant : throw new InvalidOperationException("no tenant");

    private void DeployVersion(int version)
    {
        _rig.Deploy(Web.Replace("v1", $"v{version}", StringComparison.Ordinal));
        if (!_rig.Fleet.Deploying.IsEmpty) _rig.Finish();
    }
}
