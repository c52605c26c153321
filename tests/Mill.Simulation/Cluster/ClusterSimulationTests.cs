using System.Globalization;
using Mill.Testing.Linearizability;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Simulation.Cluster;

/// <summary>
/// Seeded runs of three nodes over one store, where everything goes wrong that can. <c>MILL_SEEDS=5000</c> runs that many; <c>MILL_SEED=17</c> runs just
/// this one.
/// </summary>
public sealed class ClusterSimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 500;

    /// <summary>What must have happened, or the simulation shows less than it says.</summary>
    private static IEnumerable<string> Needed =>
    [
        .. Enum.GetValues<Trouble>().Select(trouble => $"trouble {trouble}"),
        "stopped between a look at the state and a look at the lease", "lease ended, and the office with it", "crash between commit and reply", "late commit was stopped",
        "commit arrives twice", "reply lost of a commit that happened", "reply lost of a commit that was refused", "commit lost on its way", "watch delayed", "watch broken",
        "watch gap, all is read again", "link refused", "question lost between nodes", "answer lost between nodes", "list", "watcher is reset", "KeyMismatch", "TooEarly",
    ];

    [Fact]
    public async Task Many_nodes_are_one_vault_whatever_goes_wrong()
    {
        var (first, count) = Number("MILL_SEED") is { } one ? (one, 1) : (1, Number("MILL_SEEDS") ?? DefaultSeeds);
        var start = TimeProvider.System.GetTimestamp();
        var runs = await SeedRuns.RunAsync(first, count);
        var total = new Tally();
        foreach (var run in runs) total.Add(run.Counts, run.WatchEvents);
        output.WriteLine($"{runs.Count} seeds in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F1} s, {runs.Sum(run => run.Events)} events, {runs.Sum(run => run.Operations)} operations, {total.Events} watch events");
        foreach (var (kind, times) in total.Counts) output.WriteLine($"{times,8} {kind}");
        Assert.Equal(Enumerable.Range(first, count), runs.Select(run => run.Seed).Order());
        if (count >= DefaultSeeds) Assert.Equal([], Needed.Where(kind => !total.Counts.ContainsKey(kind)));
        var failures = runs.Where(run => run.Failure is not null).OrderBy(run => run.Seed).ToList();
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} seeds failed.\n" + string.Join("\n\n", failures.Take(3).Select(Describe)));
    }

    [Fact]
    public void A_run_that_could_not_be_decided_counts_as_one_that_failed()
    {
        Assert.Empty(ClusterCheck.FaultsOf(new(Verdict.Linearizable, 1, 1)));
        Assert.Equal(["Undecided after 2 steps over 1 parts"], ClusterCheck.FaultsOf(new(Verdict.Undecided, 2, 1)));
        Assert.Single(ClusterCheck.FaultsOf(new(Verdict.NotLinearizable, 2, 1)));
    }

    /// <summary>In another process, at another time, after other seeds: every step is the same, and a failing seed can be replayed.</summary>
    [Fact]
    public async Task A_seed_always_gives_the_same_run_of_nodes()
    {
        const int Seeds = 24;
        var runs = await Task.WhenAll(SeedRuns.RunInOneAsync(new(1, Seeds)), SeedRuns.RunInOneAsync(new(Seeds, 1, Step: -1)));
        Assert.Equal(Seeds, runs[0].Count);
        Assert.Equal(Traces(runs[0]), Traces(runs[1]));
        Assert.Equal(Seeds, runs[0].Select(run => run.Hash).Distinct().Count());
    }

    private static IEnumerable<string> Traces(IEnumerable<SeedReport> runs) =>
        runs.OrderBy(run => run.Seed).Select(run => $"{run.Seed}: {run.Hash:x16} {run.Events} {run.Operations} {run.WatchEvents} {string.Join(' ', run.Counts)}");

    private static string Describe(SeedReport run) =>
        $"Seed {run.Seed}: {run.Failure}\nRun it again: MILL_SEED={run.Seed} dotnet test tests/Mill.Simulation --filter {nameof(Many_nodes_are_one_vault_whatever_goes_wrong)}";

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
