using Mill.Core.Deploys;
using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What one can go back to, and for how long.</summary>
public sealed class RollbackTests
{
    private readonly FleetRig _rig = new(3);

    [Fact]
    public void Going_back_goes_to_what_differs_in_nothing_but_a_task()
    {
        const string A = "service \"a\" { image = \"a\" }\n", B = "service \"b\" { image = \"b\" }\n", Job = "task \"job\" {\n image = \"job\"\n command = [\"v1\"]\n}\n";
        foreach (var file in new[] { A + Job, A + B + Job, A + B + Job.Replace("v1", "v2", StringComparison.Ordinal) })
        {
            Deploy(file);
        }

        var earlier = DeployRules.Earlier(_rig.Fleet, TenantId.Default, null);
        Assert.Equal(2, earlier.Number);
        _rig.Change(draft => DeployRules.Begin(draft, earlier.Result!, TenantId.Default, "ann", earlier.Number));
        Assert.Equal(["v1"], _rig.Fleet.Tasks["job"].Spec.Container.Command);
        Assert.Equal(["a", "b"], _rig.Fleet.Services.Keys);
        Assert.Equal(1, DeployRules.Earlier(_rig.Fleet, TenantId.Default, null).Number);
    }

    [Fact]
    public void What_failed_or_changed_nothing_pushes_out_nothing_that_one_can_go_back_to()
    {
        for (var version = 1; version <= 12; version++) Deploy(version);
        _rig.Missing.Add("web:v99");
        for (var i = 0; i < 12; i++)
        {
            Deploy(12);
            Deploy(99);
        }
        _rig.Pass(5);

        Assert.Equal(Enumerable.Range(3, 10), _rig.Fleet.Deploys.Values.Where(deploy => deploy.IsTarget).Select(deploy => deploy.Number));
        Assert.Equal(10, _rig.Fleet.Deploys.Values.Count(deploy => !deploy.IsTarget));
        Assert.Equal(11, DeployRules.Earlier(_rig.Fleet, TenantId.Default, null).Number);
    }

    [Fact]
    public void What_changed_nothing_since_a_rollback_does_not_lead_forth_again()
    {
        Deploy(1);
        Deploy(2);
        _rig.Change(draft => DeployRules.Begin(draft, DeployRules.Earlier(_rig.Fleet, TenantId.Default, null).Result!, TenantId.Default, "ann", 1));
        _rig.Finish();
        Deploy(1);

        Assert.True(_rig.Fleet.Deploys[4].ChangesNothing);
        Assert.Throws<MillException>(() => DeployRules.Earlier(_rig.Fleet, TenantId.Default, null));
    }

    private void Deploy(int version) => Deploy($"service \"web\" {{ image = \"web:v{version}\" }}");

    private void Deploy(string file)
    {
        _rig.Deploy(file);
        if (!_rig.Fleet.Deploying.IsEmpty) _rig.Finish();
    }
}
