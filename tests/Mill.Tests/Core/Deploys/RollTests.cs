using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>How a new version takes the place of the old: images first, in the order that the service wants, and for long enough.</summary>
public sealed class RollTests
{
    private const string Web = "service \"web\" {\n image = \"web:v1\"\n port = 80\n replicas = 3\n}";
    private const string Db = "service \"db\" {\n image = \"db:v1\"\n port = 80\n cpu = 3\n update { order = \"stop_first\" }\n}";

    private static readonly string NewWeb = Web.Replace("v1", "v2", StringComparison.Ordinal);
    private static readonly string NewDb = Db.Replace("v1", "v2", StringComparison.Ordinal);

    private readonly FleetRig _rig = new(3);

    [Fact]
    public void What_dies_soon_after_it_was_healthy_is_taken_back_and_no_old_one_has_ended_for_it()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToList();
        _rig.Fate = alloc => alloc is { Container.Image: "web:v2", HealthyAt: { } at } && at + TimeSpan.FromSeconds(3) <= _rig.Now ? new() { Id = alloc.Id, Status = AllocStatus.Starting, Restarts = 1, ExitCode = 1, Reason = "it ended" } : null;
        _rig.Watch = _ => Assert.Equal(3, _rig.Healthy("web").Count(alloc => alloc.Container.Image is "web:v1"));
        _rig.Deploy(NewWeb);

        Assert.Equal((StepPhase.Failed, "it ended"), (_rig.Finish().Steps[0].Phase, _rig.Fleet.Deploys[2].Steps[0].Reason));
        Assert.Equal(before, _rig.Active("web").Select(alloc => alloc.Id));
    }

    [Fact]
    public void An_engine_that_is_away_for_a_moment_while_a_wave_turns_good_fails_nothing()
    {
        var rig = new FleetRig(1);
        rig.Deploy(Web);
        rig.Finish();
        rig.Deploy(NewWeb);
        while (!rig.Healthy("web").Any(alloc => alloc.Container.Image is "web:v2")) rig.Step(TimeSpan.FromSeconds(1));
        var node = rig.Fleet.Nodes[FleetRig.Node(1)];
        // What runs goes on; only nothing is heard of it.
        rig.Silent.Add(node.Node);
        rig.Change(draft => NodeRules.Hear(draft, new(node.Node, node.Cpu, node.Memory, node.Labels, []) { NotReady = "no engine" }));
        rig.Pass(8);
        Assert.Equal(StepPhase.Rolling, rig.Fleet.DeployingOf(TenantId.Default)!.Steps[0].Phase);
        Assert.Contains(rig.Active("web"), alloc => alloc.IsStopping);
        rig.Silent.Clear();

        Assert.False(rig.Finish().HasFailed);
        Assert.All(rig.Healthy("web"), alloc => Assert.Equal("web:v2", alloc.Container.Image));
    }

    [Fact]
    public void A_first_version_that_dies_soon_after_it_was_healthy_is_no_good_deploy()
    {
        _rig.Fate = alloc => alloc is { HealthyAt: { } at } && at + TimeSpan.FromSeconds(3) <= _rig.Now ? new() { Id = alloc.Id, Status = AllocStatus.Starting, Restarts = 1, ExitCode = 1, Reason = "it ended" } : null;
        _rig.Deploy(Web);

        Assert.True(_rig.Finish().HasFailed);
        Assert.Empty(_rig.Fleet.Services);
    }

    [Fact]
    public void Images_are_there_before_anything_that_runs_is_touched_once_on_every_node()
    {
        _rig.Deploy(Web + "\n" + Web.Replace("\"web\"", "\"twin\"", StringComparison.Ordinal));
        _rig.Finish();
        var before = _rig.Fleet.Services.Keys.SelectMany(_rig.Active).Select(alloc => alloc.Id).ToHashSet();
        var isSlow = true;
        _rig.IsSlow = alloc => isSlow && alloc.Node == FleetRig.Node(3);
        _rig.Deploy(NewWeb + "\n" + NewWeb.Replace("\"web\"", "\"twin\"", StringComparison.Ordinal));
        _rig.Pass(60);

        Assert.All(_rig.Fleet.DeployingOf(TenantId.Default)!.Steps, step => Assert.Equal(StepPhase.Pulling, step.Phase));
        Assert.Equal(before, _rig.Fleet.Services.Keys.SelectMany(_rig.Active).Select(alloc => alloc.Id).ToHashSet());
        var pulls = _rig.Fleet.Allocs.Values.Where(alloc => alloc.Kind is AllocKind.Pull).ToList();
        Assert.Equal([FleetRig.Node(1), FleetRig.Node(2), FleetRig.Node(3)], pulls.Select(pull => pull.Node).Order());
        Assert.All(pulls, pull => Assert.Equal(("web:v2", 0m, 0L), (pull.Container.Image, pull.Container.Cpu, pull.Container.Memory)));
        isSlow = false;
        Assert.False(_rig.Finish().HasFailed);
        Assert.Equal(3, _rig.Fleet.Allocs.Values.Count(alloc => alloc.Kind is AllocKind.Pull));
    }

    [Fact]
    public void An_image_that_one_node_cannot_have_fails_its_service_and_touches_nothing()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web");
        _rig.Missing.Add("web:v2");
        _rig.Deploy(NewWeb);
        var deploy = _rig.Finish();

        Assert.Equal((StepPhase.Failed, "there is no such image"), (deploy.Steps[0].Phase, deploy.Steps[0].Reason));
        Assert.Equal(before, _rig.Active("web"));
        Assert.Equal("web:v1", _rig.Fleet.Services["web"].Spec.Container.Image);
    }

    [Fact]
    public void An_image_that_never_comes_is_given_up_and_a_lost_node_is_not_waited_for()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        _rig.IsSlow = alloc => alloc.Node == FleetRig.Node(3);
        _rig.Deploy(NewWeb);
        Assert.Matches("^web-pull-[0-9]+ did not end within 15m$", _rig.Finish().Steps[0].Reason);
        _rig.Pass(5);
        Assert.DoesNotContain(_rig.Fleet.Allocs.Values, alloc => alloc is { Kind: AllocKind.Pull, IsTerminal: false });

        _rig.Deploy(NewWeb);
        _rig.Pass(5);
        _rig.Silent.Add(FleetRig.Node(3));
        Assert.False(_rig.Finish().HasFailed);
    }

    [Fact]
    public void Who_stops_a_deploy_stops_what_it_fetches()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        _rig.IsSlow = _ => true;
        _rig.Deploy(NewWeb);
        _rig.Pass(5);
        _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "ann"));
        _rig.Pass(3);

        Assert.True(_rig.Fleet.Deploys[2].HasFailed);
        Assert.DoesNotContain(_rig.Fleet.Allocs.Values, alloc => alloc is { Kind: AllocKind.Pull, IsTerminal: false });
    }

    [Fact]
    public void What_stops_first_is_updated_where_there_is_no_room_beside_it_and_never_runs_twice()
    {
        var rig = new FleetRig(1, cpu: 4);
        rig.Watch = _ => Assert.True(rig.Containers.Count <= 1 && rig.Active("db").Count <= 1);
        rig.Deploy(Db);
        rig.Finish();
        rig.Deploy(NewDb);

        Assert.False(rig.Finish().HasFailed);
        Assert.Equal("db:v2", Assert.Single(rig.Healthy("db")).Container.Image);
        // New before old, the same does not fit.
        rig.Deploy(NewDb.Replace("stop", "start", StringComparison.Ordinal).Replace("v2", "v3", StringComparison.Ordinal));
        Assert.StartsWith("no node has room", rig.Finish().Steps[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stops_first_comes_back_where_the_new_version_is_bad()
    {
        var rig = new FleetRig(1, cpu: 4);
        rig.Deploy(Db);
        rig.Finish();
        rig.Watch = _ => Assert.True(rig.Containers.Count <= 1);
        rig.Fate = alloc => alloc.Container.Image is "db:v2" ? new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "no such table" } : null;
        rig.Deploy(NewDb);
        var deploy = rig.Finish();

        Assert.Matches("^db-[0-9]+ failed: no such table$", deploy.Steps[0].Reason);
        Assert.Equal("db:v1", Assert.Single(rig.Healthy("db")).Container.Image);
    }

    [Fact]
    public void Nothing_stops_first_that_nothing_could_replace()
    {
        _rig.Deploy(Db);
        _rig.Finish();
        var before = _rig.Active("db").Single();
        _rig.Deploy(NewDb.Replace("update", "constraints { disk = \"ssd\" }\n update", StringComparison.Ordinal));
        Assert.StartsWith("no node that is ready has the labels", _rig.Finish().Steps[0].Reason, StringComparison.Ordinal);
        foreach (var node in _rig.Fleet.Nodes.Keys) _rig.Change(draft => NodeRules.Drain(draft, node, "ann"));
        _rig.Pass(120);

        Assert.Equal(before, _rig.Active("db").Single());
    }

    [Fact]
    public void What_stops_first_goes_replica_by_replica()
    {
        var text = Web.Replace("port", "update { order = \"stop_first\" }\n port", StringComparison.Ordinal);
        _rig.Deploy(text);
        _rig.Finish();
        _rig.Watch = _ => Assert.True(_rig.Active("web").Count <= 3 && _rig.Healthy("web").Count >= 2);
        _rig.Deploy(text.Replace("v1", "v2", StringComparison.Ordinal));
        Assert.False(_rig.Finish().HasFailed);
        _rig.Drain(1);
        _rig.Pass(120);

        Assert.Empty(NodeRules.WaitsFor(_rig.Fleet, FleetRig.Node(1)));
        Assert.Equal(3, _rig.Healthy("web").Count(alloc => alloc.Container.Image is "web:v2"));
    }

    [Fact]
    public void What_stops_first_waits_for_what_a_start_first_roll_left_before_it_comes_back()
    {
        var rig = new FleetRig(2, cpu: 2);
        var three = Db.Replace("cpu = 3", "cpu = 1\n replicas = 3", StringComparison.Ordinal);
        rig.Deploy(three);
        rig.Finish();
        // Two at once, and there is room for one: in the same second it begins, and is to end.
        rig.Deploy(three.Replace("v1", "v2", StringComparison.Ordinal).Replace("order = \"stop_first\"", "max_parallel = 2", StringComparison.Ordinal));
        rig.Pass(2);
        Assert.StartsWith("no node has room", rig.Fleet.DeployingOf(TenantId.Default)!.Steps[0].Reason, StringComparison.Ordinal);
        var left = Assert.Single(rig.Active("db"), alloc => alloc.IsStopping);
        rig.Silent.Add(left.Node);
        var failing = rig.Active("db").First(alloc => alloc.Node != left.Node);
        rig.Fate = alloc => alloc.Id == failing.Id ? new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1 } : null;
        rig.Pass(5);

        Assert.Equal(3, rig.Active("db").Count);
        Assert.Contains(left.Id, rig.Active("db").Select(alloc => alloc.Id));
        rig.Silent.Clear();
        rig.Finish();
        Assert.Equal(3, rig.Healthy("db").Count(alloc => alloc.Container.Image is "db:v1"));
    }

    [Fact]
    public void No_more_stop_first_than_find_a_place_for_what_replaces_them()
    {
        var rig = new FleetRig(1, cpu: 4);
        var three = Db.Replace("cpu = 3", "cpu = 1\n replicas = 3", StringComparison.Ordinal).Replace("order", "max_parallel = 2\n order", StringComparison.Ordinal);
        rig.Deploy(three);
        rig.Finish();
        rig.Watch = _ => Assert.True(rig.Active("db").Count(alloc => alloc is { Container.Image: "db:v1", Status: AllocStatus.Healthy, IsStopping: false }) >= 2);
        // One of them finds its place, and a second one does not.
        rig.Deploy(three.Replace("v1", "v2", StringComparison.Ordinal).Replace("cpu = 1", "cpu = 2", StringComparison.Ordinal));

        Assert.StartsWith("no node has room", rig.Finish().Steps[0].Reason, StringComparison.Ordinal);
        rig.Watch = null;
        rig.Deploy(three.Replace("v1", "v3", StringComparison.Ordinal));
        rig.Pass(3);
        Assert.Equal(2, rig.Active("db").Count(alloc => alloc.IsStopping));
        Assert.False(rig.Finish().HasFailed);
    }

    [Fact]
    public void What_stops_first_serves_until_another_has_left_the_room_that_is_missing()
    {
        var rig = new FleetRig(1, cpu: 4);
        const string Other = "service \"other\" {\n image = \"a\"\n cpu = 1\n replicas = 1\n update { drain = \"60s\" }\n}\n";
        Assert.True(TenantId.TryParse("tenant", out var tenant));
        rig.Deploy(Db);
        foreach (var text in new[] { Other, Other.Replace("replicas = 1", "replicas = 0", StringComparison.Ordinal) })
        {
            rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec(text), tenant, "eve"));
            rig.Pass(15);
        }
        Assert.True(rig.Active("other").Single().IsStopping);
        rig.Deploy(NewDb.Replace("cpu = 3", "cpu = 4", StringComparison.Ordinal));
        rig.Pass(20);

        Assert.Equal("db:v1", Assert.Single(rig.Healthy("db")).Container.Image);
        Assert.Equal(tenant, rig.Finish().Tenant);
        Assert.False(rig.Finish().HasFailed);
        Assert.Equal("db:v2", Assert.Single(rig.Healthy("db")).Container.Image);
    }

    [Fact]
    public void Two_stop_first_where_one_needs_the_room_of_both()
    {
        var rig = new FleetRig(1, cpu: 4);
        var two = Db.Replace("cpu = 3", "cpu = 2\n replicas = 2", StringComparison.Ordinal).Replace("order", "max_parallel = 2\n order", StringComparison.Ordinal);
        rig.Deploy(two);
        rig.Finish();
        rig.Deploy(NewDb.Replace("order", "max_parallel = 2\n order", StringComparison.Ordinal));

        Assert.False(rig.Finish().HasFailed);
        Assert.Equal("db:v2", Assert.Single(rig.Healthy("db")).Container.Image);
    }

    [Fact]
    public void A_plan_knows_that_old_ones_make_room()
    {
        var rig = new FleetRig(1, cpu: 4);
        rig.Deploy(Db);
        rig.Finish();

        Assert.Equal(FleetRig.Node(1), DeployPlan.Of(rig.Fleet, FleetRig.Spec(NewDb), TenantId.Default).Services[0].Nodes.Single().Node);
        Assert.Null(DeployPlan.Of(rig.Fleet, FleetRig.Spec(NewDb.Replace("stop", "start", StringComparison.Ordinal)), TenantId.Default).Services[0].Nodes.Single().Node);
    }

    [Fact]
    public void A_roll_of_many_may_take_half_a_day_and_no_more()
    {
        Assert.Equal(TimeSpan.FromHours(12), AllocTimes.LongestRoll(FleetRig.Spec(Web.Replace("= 3", "= 1000", StringComparison.Ordinal)).Services[0]));
        Assert.InRange(AllocTimes.LongestRoll(FleetRig.Spec(Web).Services[0]), TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        var slow = FleetRig.Spec(Web.Replace("port", "update { healthy_for = \"1d\" }\n port", StringComparison.Ordinal)).Services[0];
        Assert.InRange(AllocTimes.LongestRoll(slow), TimeSpan.FromDays(2), TimeSpan.FromDays(3));
    }
}
