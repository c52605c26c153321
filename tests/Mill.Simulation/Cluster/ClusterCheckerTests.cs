using Xunit;

namespace Mill.Simulation.Cluster;

/// <summary>The checks are checked: every bug that is put in must be found within some seeds.</summary>
[Collection(AloneInTheProcess.Name)]
public sealed class ClusterCheckerTests
{
    private const int AtOnce = 24;
    private const int Seeds = 20 * AtOnce;

    public static TheoryData<string> Bugs => [.. Enum.GetNames<ClusterMutation>().Where(name => name != nameof(ClusterMutation.None))];

    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_bug_that_is_put_in_under_the_nodes_is_found(string bug)
    {
        for (var first = 1; first <= Seeds; first += AtOnce)
        {
            var runs = await ClusterSimulationTests.RunAsync(Enumerable.Range(first, AtOnce), Enum.Parse<ClusterMutation>(bug));
            if (!(await ClusterSimulationTests.CheckAsync(runs)).IsEmpty) return;
        }
        Assert.Fail($"{Seeds} runs with {bug}, and none of them failed.");
    }
}
