using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>Deploys of several tenants beside each other, and large ones.</summary>
public sealed class TenantDeployTests
{
    private readonly FleetRig _rig = new(3);

    private static TenantId Other { get; } = TenantId.TryParse("other", out var tenant) ? tenant : throw new InvalidOperationException("no tenant");

    [Fact]
    public void Each_tenant_has_one_deploy_at_a_time_and_holds_nobody_else_up()
    {
        _rig.Fate = alloc => alloc.Name is "stuck" ? new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = alloc.StartedAt } : null;
        DeployOther("service \"stuck\" {\n image = \"a\"\n update { deadline = \"10m\" }\n}");
        _rig.Deploy("service \"web\" { image = \"a\" }");
        Assert.Equal(MillError.DeployInProgress, Assert.Throws<MillException>(() => DeployOther("service \"more\" { image = \"a\" }")).Error);
        _rig.Pass(30);

        Assert.False(_rig.Fleet.Deploys[2].HasFailed);
        Assert.Single(_rig.Healthy("web"));
        Assert.Equal(1, Assert.Single(_rig.Fleet.Deploying).Key);
        Assert.Equal(1, _rig.Fleet.DeployingOf(Other)!.Number);
        Assert.Null(_rig.Fleet.DeployingOf(TenantId.Default));
    }

    [Fact]
    public void A_name_is_taken_as_soon_as_a_deploy_says_it_and_until_its_removal_is_over()
    {
        DeployOther("service \"web\" { image = \"a\" }\ntask \"job\" { image = \"a\" }");
        Assert.Equal("The name \"web\" is taken.", Assert.Throws<MillException>(() => _rig.Deploy("service \"web\" { image = \"b\" }")).Message);
        Assert.Equal("The name \"job\" is taken.", Assert.Throws<MillException>(() => _rig.Deploy("task \"job\" { image = \"b\" }")).Message);
        _rig.Finish();

        _rig.Broken.Add(_rig.Active("web").Single().Node);
        DeployOther("task \"other\" { image = \"a\" }");
        _rig.Pass(3);
        Assert.False(_rig.Fleet.Services.ContainsKey("web"));
        Assert.Equal("The name \"web\" is taken.", Assert.Throws<MillException>(() => _rig.Deploy("service \"web\" { image = \"b\" }")).Message);
        _rig.Finish();
        _rig.Deploy("service \"web\" { image = \"b\" }");
        Assert.False(_rig.Finish().HasFailed);
    }

    [Fact]
    public void Who_looks_after_the_cluster_can_stop_the_deploy_of_another()
    {
        DeployOther("service \"web\" { image = \"a\" }");

        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Abort(draft, 1, TenantId.Default, "ann"))).Error);
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "ann", ofAny: true))).Error);
        Assert.Equal("ann", _rig.Change(draft => DeployRules.Abort(draft, 1, TenantId.Default, "ann", ofAny: true)).AbortedBy);
        Assert.True(_rig.Finish().HasFailed);
    }

    [Fact]
    public void Tasks_and_registries_come_in_portions_before_any_service()
    {
        var text = string.Concat(Enumerable.Range(0, 300).Select(i => $"task \"t{i}\" {{ image = \"a\" }}\nregistry \"r{i}.example.com\" {{\n username = \"a\"\n password = \"b\"\n}}\n")) + "service \"web\" { image = \"a\" }";
        _rig.Portion = new StoreLimits(100, long.MaxValue);
        var draft = new FleetDraft(_rig.Fleet, _rig.Now, _rig.Portion);
        DeployRules.Begin(draft, FleetRig.Spec(text), TenantId.Default, "ann");
        Assert.InRange(draft.Changes.Count, 100, 102);
        var second = new FleetDraft(draft.Fleet, _rig.Now, _rig.Portion);
        FleetDecisions.Decide(second, new(TimeSpan.Zero, new Dictionary<NodeId, TimeSpan>(), FleetRig.NodeTimeout));
        Assert.InRange(second.Changes.Count, 100, 102);
        Assert.Empty(second.Fleet.Services);

        _rig.Deploy(text);
        Assert.False(_rig.Finish().HasFailed);
        Assert.Equal((300, 300), (_rig.Fleet.Tasks.Count, _rig.Fleet.Registries.Count));
        _rig.Deploy("service \"web\" { image = \"a\" }");
        Assert.False(_rig.Finish().HasFailed);
        Assert.Equal((0, 0), (_rig.Fleet.Tasks.Count, _rig.Fleet.Registries.Count));
    }

    [Fact]
    public void A_backup_ends_every_deploy_that_is_at_work_and_has_the_tasks_that_they_said()
    {
        _rig.Deploy("service \"web\" { image = \"a\" }");
        DeployOther("service \"api\" { image = \"a\" }");
        _rig.Step(TimeSpan.FromSeconds(1));
        var draft = new FleetDraft(_rig.Fleet, _rig.Now, new StoreLimits(1, long.MaxValue));
        var third = TenantId.TryParse("third", out var tenant) ? tenant : default;
        DeployRules.Begin(draft, FleetRig.Spec("task \"one\" {\n image = \"a\"\n schedule = \"* * * * *\"\n}\ntask \"two\" { image = \"a\" }"), third, "joe");
        Assert.Empty(draft.Fleet.Tasks);
        var kept = FleetBackup.Of(draft.Fleet, _rig.Now);

        Assert.Empty(kept.Deploying);
        Assert.Equal([true, true, false], kept.Deploys.Values.Select(deploy => deploy.HasFailed));
        Assert.Empty(kept.Services);
        Assert.Equal(["one", "two"], kept.Tasks.Keys);
        Assert.Null(kept.Tasks["one"].ScheduledTo);
    }

    [Fact]
    public void What_has_ended_does_not_keep_what_it_was_given()
    {
        _rig.Deploy("service \"web\" {\n image = \"a\"\n env { A = \"large\" }\n secret_file \"/run/a\" { content = \"${secret(x)}\" }\n}");
        _rig.Finish();
        Assert.Single(_rig.Active("web").Single().Container.Env);
        _rig.Deploy("task \"job\" { image = \"a\" }");
        _rig.Finish();

        var ended = Assert.Single(_rig.Fleet.Allocs.Values).Container;
        Assert.Equal(("a", 0, 0), (ended.Image, ended.Env.Count, ended.SecretFiles.Count));
    }

    private DeployRecord DeployOther(string text) => _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec(text), Other, "eve"));
}
