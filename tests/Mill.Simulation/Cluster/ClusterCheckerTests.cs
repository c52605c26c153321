using Mill.Testing.Linearizability;
using Xunit;

namespace Mill.Simulation.Cluster;

/// <summary>The checks are checked: every bug that is put in must be found within some seeds.</summary>
public sealed class ClusterCheckerTests(ClusterCheckerTests.Runs runs) : IClassFixture<ClusterCheckerTests.Runs>
{
    private const int Seeds = 480;

    public static TheoryData<string> Bugs => [.. Enum.GetNames<ClusterMutation>().Where(name => name != nameof(ClusterMutation.None))];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_that_is_put_in_under_the_nodes_is_found(string bug)
    {
        var found = runs.Reports.FirstOrDefault(report => $"{report.Mutation}" == bug && report.Failure is not null);
        Assert.True(found is not null, $"{Seeds} runs with {bug}, and none of them failed.");
        Assert.False(found.Failure!.StartsWith($"{Verdict.Undecided}", StringComparison.Ordinal), $"Seed {found.Seed} with {bug} was not decided.");
    }

    /// <summary>All of them in as few processes as there are cores: each has much to compile before its first seed.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        internal IReadOnlyList<SeedReport> Reports { get; private set; } = [];

        public async Task InitializeAsync() =>
            Reports = await SeedRuns.RunUntilFailureAsync(Enum.GetValues<ClusterMutation>().Where(mutation => mutation is not ClusterMutation.None), new(1, Seeds));

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
