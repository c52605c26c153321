using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>What counts as a change, and of which kind.</summary>
public sealed class DeployPlanTests
{
    private readonly FleetRig _rig = new(3);

    [Theory]
    [InlineData("image = \"web:v2\"", StepKind.Change, "container.image")]
    [InlineData("image = \"web:v1\"\n command = [\"/serve\"]", StepKind.Change, "container.command")]
    [InlineData("image = \"web:v1\"\n health {\n path = \"/up\"\n }", StepKind.Change, "health.kind")]
    [InlineData("image = \"web:v1\"\n cpu = 2", StepKind.Change, "container.cpu")]
    [InlineData("image = \"web:v1\"\n env {\n MODE = \"all\"\n }", StepKind.Change, "container.env.MODE")]
    [InlineData("image = \"web:v1\"\n replicas = 3", StepKind.Adjust, "replicas")]
    [InlineData("image = \"web:v1\"", null, null)]
    public void What_makes_new_containers_is_a_change_and_a_number_is_not(string body, StepKind? kind, string? path)
    {
        _rig.Deploy("service \"web\" {\n image = \"web:v1\"\n port = 80\n}");
        _rig.Finish();
        var planned = Assert.Single(DeployPlan.Of(_rig.Fleet, FleetRig.Spec($"service \"web\" {{\n {body}\n port = 80\n}}"), TenantId.Default).Services);

        Assert.Equal(kind, planned.Kind);
        if (path is null) Assert.Empty(planned.Differences);
        else Assert.Contains(planned.Differences, difference => difference.Path == path);
    }

    [Theory]
    [InlineData("[\"sh\", \"-c\", \"echo 'a' && b\"]", "[\"sh\", \"-c\", \"echo 'c' && b\"]", "container.command[2]: echo 'a' && b → echo 'c' && b")]
    [InlineData("[\"sh\", \"<a>\"]", "[\"sh\", \"<a>\", \"'b'\"]", "container.command: [\"sh\",\"<a>\"] → [\"sh\",\"<a>\",\"'b'\"]")]
    public void A_list_shows_what_differs_of_it_as_it_was_written(string before, string after, string expected)
    {
        _rig.Deploy($"service \"web\" {{\n image = \"web\"\n command = {before}\n}}");
        _rig.Finish();
        var difference = Assert.Single(Assert.Single(DeployPlan.Of(_rig.Fleet, FleetRig.Spec($"service \"web\" {{\n image = \"web\"\n command = {after}\n}}"), TenantId.Default).Services).Differences);

        Assert.Equal(expected, $"{difference.Path}: {difference.Before} → {difference.After}");
    }
}
