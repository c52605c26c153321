using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What a deploy makes of the services of its file.</summary>
public sealed class FleetDecisionsTests
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
    public void A_first_deploy_starts_every_replica_on_a_node_of_its_own()
    {
        _rig.Deploy(Web);
        var deploy = _rig.Finish();

        Assert.Equal((StepKind.Add, StepPhase.Done), (deploy.Steps[0].Kind, deploy.Steps[0].Phase));
        Assert.Equal(3, _rig.Healthy("web").Select(alloc => alloc.Node).Distinct().Count());
        Assert.Null(_rig.Fleet.Services["web"].Previous);
    }

    [Fact]
    public void A_new_version_is_rolled_one_by_one_and_never_leaves_fewer_than_there_were()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        _rig.Watch = _ =>
        {
            Assert.True(_rig.Healthy("web").Count >= 3);
            Assert.True(_rig.Active("web").Count(alloc => alloc is { Version: 2, Status: not AllocStatus.Healthy, IsStopping: false }) <= 1);
        };
        _rig.Deploy(NewWeb);

        Assert.Equal(StepPhase.Done, _rig.Finish().Steps[0].Phase);
        Assert.All(_rig.Active("web"), alloc => Assert.Equal("web:v2", alloc.Container.Image));
        Assert.Equal(3, _rig.Active("web").Count);
        Assert.Equal(3, _rig.Active("web").Select(alloc => alloc.Node).Distinct().Count());
    }

    [Fact]
    public void The_same_again_moves_nothing()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web");
        _rig.Deploy(Web);

        Assert.Empty(_rig.Finish().Steps);
        _rig.Pass(30);
        Assert.Equal(before, _rig.Active("web"));
    }

    [Fact]
    public void A_version_that_ends_at_once_is_taken_back_with_the_cause_and_the_old_ones_never_stop()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToList();
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" ? new() { Id = alloc.Id, Status = AllocStatus.Starting, Restarts = 1, ExitCode = 3, Reason = "web-4 ended with exit code 3", LastLines = ["no database"] } : null;
        _rig.Deploy(NewWeb);
        var deploy = _rig.Finish();

        Assert.True(deploy.HasFailed);
        Assert.Equal((StepPhase.Failed, "web-4 ended with exit code 3", "no database"), (deploy.Steps[0].Phase, deploy.Steps[0].Reason, deploy.Steps[0].LastLines!.Single()));
        Assert.Equal(before, _rig.Active("web").Select(alloc => alloc.Id));
        Assert.Equal("web:v1", _rig.Fleet.Services["web"].Spec.Container.Image);
        Assert.Equal("web:v1", deploy.Outcome!.Services.Single().Container.Image);
    }

    [Fact]
    public void A_version_that_fails_half_way_is_taken_back_on_every_node()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var good = 0;
        _rig.Fate = alloc => alloc.Container.Image is "web:v2" && alloc.Status is AllocStatus.Running && good++ > 0 ? new() { Id = alloc.Id, Status = AllocStatus.Running, Reason = "GET /healthz answered 500" } : null;
        _rig.Watch = _ => Assert.True(_rig.Healthy("web").Count >= 3);
        _rig.Deploy(NewWeb);
        var deploy = _rig.Finish();

        Assert.Equal("web-8 was not healthy within 1m: GET /healthz answered 500", deploy.Steps[0].Reason);
        Assert.All(_rig.Active("web"), alloc => Assert.Equal("web:v1", alloc.Container.Image));
        Assert.Equal(3, _rig.Active("web").Count);
    }

    [Fact]
    public void A_service_that_never_was_is_gone_again_where_it_does_not_start()
    {
        _rig.Fate = alloc => alloc.Name is "bad" ? new() { Id = alloc.Id, Status = AllocStatus.Failed, Reason = "there is no such image" } : null;
        _rig.Deploy(Web + "\nservice \"bad\" { image = \"bad:v1\" }");
        var deploy = _rig.Finish();

        Assert.Equal(["bad Failed", "web Done"], deploy.Steps.Select(step => $"{step.Service} {step.Phase}"));
        Assert.Equal(["web"], _rig.Fleet.Services.Keys);
        Assert.Empty(_rig.Active("bad"));
        Assert.Equal(3, _rig.Healthy("web").Count);
    }

    [Fact]
    public void Only_the_count_changes_without_new_containers()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToList();
        _rig.Deploy(Web.Replace("= 3", "= 5", StringComparison.Ordinal));

        Assert.Equal((StepKind.Adjust, StepPhase.Done), (_rig.Finish().Steps[0].Kind, _rig.Fleet.Deploys[2].Steps[0].Phase));
        Assert.Subset(_rig.Active("web").Select(alloc => alloc.Id).ToHashSet(), before.ToHashSet());
        Assert.Equal(5, _rig.Healthy("web").Count);
        _rig.Deploy(Web.Replace("= 3", "= 1", StringComparison.Ordinal));
        _rig.Finish();
        Assert.Single(_rig.Active("web"));
    }

    [Fact]
    public void What_is_not_in_the_file_any_more_ends()
    {
        _rig.Deploy(Web + "\nservice \"old\" { image = \"old:v1\" }");
        _rig.Finish();
        _rig.Deploy(Web);

        Assert.Equal("old Remove Done", Assert.Single(_rig.Finish().Steps.Select(step => $"{step.Service} {step.Kind} {step.Phase}")));
        Assert.Empty(_rig.Active("old"));
    }

    [Fact]
    public void A_restart_makes_the_same_containers_anew()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        var before = _rig.Active("web").Select(alloc => alloc.Id).ToHashSet();
        _rig.Change(draft => DeployRules.Restart(draft, "web", TenantId.Default, "ann"));

        Assert.Equal(StepPhase.Done, _rig.Finish().Steps[0].Phase);
        Assert.Equal(3, _rig.Healthy("web").Count);
        Assert.DoesNotContain(_rig.Active("web"), alloc => before.Contains(alloc.Id));
    }

    [Fact]
    public void Hooks_run_once_and_stand_in_the_way_where_they_fail()
    {
        var spec = Web.Replace("replicas = 3", "replicas = 1\n pre_deploy { command = [\"./migrate\"] }", StringComparison.Ordinal);
        _rig.Deploy(spec);
        Assert.Equal(StepPhase.Done, _rig.Finish().Steps[0].Phase);
        var hook = Assert.Single(_rig.Fleet.Allocs.Values, alloc => alloc.Kind is AllocKind.Hook);
        Assert.Equal(["./migrate"], hook.Container.Command);

        _rig.Fate = alloc => alloc.Kind is AllocKind.Hook ? new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1, LastLines = ["no such table"] } : null;
        _rig.Deploy(spec.Replace("v1", "v2", StringComparison.Ordinal));
        var deploy = _rig.Finish();
        Assert.Equal("pre_deploy failed: web-hook-4 ended with exit code 1", deploy.Steps[0].Reason);
        Assert.Equal("web:v1", Assert.Single(_rig.Active("web")).Container.Image);
    }

    [Fact]
    public void A_service_waits_for_those_it_refers_to()
    {
        _rig.Watch = _ => Assert.True(_rig.Active("app").Count is 0 || _rig.Healthy("db").Count is 1);
        _rig.Deploy("""
            service "app" {
              image = "app:v1"
              env { DB = "${service.db.address}" }
            }
            service "db" {
              image = "db:v1"
              port  = 5432
            }
            """);

        Assert.All(_rig.Finish().Steps, step => Assert.Equal(StepPhase.Done, step.Phase));
    }

    [Fact]
    public void Services_that_wait_for_each_other_are_refused()
    {
        // A file that says so is not read. Not every spec was a file.
        var spec = FleetRig.Spec("""
            service "a" {
              image = "a"
              port  = 1
              env { B = "${service.b.address}" }
            }
            service "b" {
              image = "b"
              port  = 1
            }
            """);
        var b = spec.Services[1] with { Container = spec.Services[1].Container with { Env = new Dictionary<string, Template> { ["A"] = new("${service.a.address}") } } };
        Assert.Equal("These services need each other's address before they can start: a → b → a.", Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Begin(draft, spec with { Services = [spec.Services[0], b] }, TenantId.Default, "ann"))).Message);
    }

    [Fact]
    public void One_deploy_at_a_time()
    {
        _rig.Deploy(Web);

        Assert.Equal(MillError.DeployInProgress, Assert.Throws<MillException>(() => _rig.Deploy(NewWeb)).Error);
        _rig.Finish();
        _rig.Deploy(NewWeb);
    }

    [Fact]
    public void What_is_larger_than_any_node_is_refused_and_what_finds_no_room_fails()
    {
        Assert.Equal("service \"web\" needs 9 cores and 256M, more than any node has.", Assert.Throws<MillException>(() => _rig.Deploy("service \"web\" {\n image = \"a\"\n cpu = 9\n}")).Message);

        _rig.Deploy("service \"web\" {\n image = \"a\"\n cpu = 5\n replicas = 4\n}");
        Assert.Equal("no node has room: it needs 5 cores and 256M, and the one with the most has 3 cores and 15.8Gi left", _rig.Finish().Steps[0].Reason);
        Assert.Empty(_rig.Active("web"));
    }

    [Fact]
    public void A_rollback_makes_what_was_before()
    {
        _rig.Deploy(Web);
        _rig.Finish();
        _rig.Deploy(NewWeb);
        _rig.Finish();
        var earlier = DeployRules.Earlier(_rig.Fleet, TenantId.Default, null);
        Assert.Equal(1, earlier.Number);
        _rig.Change(draft => DeployRules.Begin(draft, (earlier.Outcome ?? earlier.Spec)!, TenantId.Default, "ann", earlier.Number));
        var deploy = _rig.Finish();

        Assert.Equal((DeployKind.Rollback, 1, StepPhase.Done), (deploy.Kind, deploy.BackTo!.Value, deploy.Steps[0].Phase));
        Assert.All(_rig.Active("web"), alloc => Assert.Equal("web:v1", alloc.Container.Image));
    }
}
