using System.Globalization;
using Mill.Simulation.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Simulation.Fleet;

/// <summary>
/// Seeded runs of three nodes that run containers, with the real office on each, where everything goes wrong that can. <c>MILL_SEEDS=5000</c> runs that many; <c>MILL_SEED=17</c> runs just this one.
/// </summary>
public sealed class FleetSimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 60;

    private static IEnumerable<string> Needed => ["fleet deploy", "fleet restart", "fleet rollback", "fleet abort", "fleet drain", "fleet undrain", "fleet spawn", "fleet stop_first", "trouble Crash", "lease ended, and the office with it"];

    [Fact]
    public async Task Every_deploy_drain_and_task_comes_to_a_good_end_whatever_goes_wrong()
    {
        var (first, count) = Number("MILL_SEED") is { } one ? (one, 1) : (1, Number("MILL_SEEDS") ?? DefaultSeeds);
        var runs = await SeedRuns.RunAsync(first, count, SeedProcess.Fleets);
        var total = new Tally();
        foreach (var run in runs) total.Add(run.Counts, run.WatchEvents);
        output.WriteLine($"{runs.Count} seeds, {runs.Sum(run => run.Events)} events");
        foreach (var (kind, times) in total.Counts) output.WriteLine($"{times,8} {kind}");
        Assert.Equal(Enumerable.Range(first, count), runs.Select(run => run.Seed).Order());
        if (count >= DefaultSeeds) Assert.Equal([], Needed.Where(kind => !total.Counts.ContainsKey(kind)));
        var failures = runs.Where(run => run.Failure is not null).OrderBy(run => run.Seed).ToList();
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} seeds failed.\n" + string.Join("\n\n", failures.Take(3).Select(Describe)));
    }

    [Fact]
    public async Task A_seed_always_gives_the_same_run_of_containers()
    {
        var runs = await Task.WhenAll(SeedRuns.RunInOneAsync(new(1, 6), SeedProcess.Fleets), SeedRuns.RunInOneAsync(new(6, 1, Step: -1), SeedProcess.Fleets));
        Assert.Equal(Traces(runs[0]), Traces(runs[1]));
        Assert.Equal(6, runs[0].Select(run => run.Hash).Distinct().Count());
    }

    private static IEnumerable<string> Traces(IEnumerable<SeedReport> runs) => runs.OrderBy(run => run.Seed).Select(run => $"{run.Seed}: {run.Hash:x16} {run.Events} {string.Join(' ', run.Counts)}");

    private static string Describe(SeedReport run) =>
        $"Seed {run.Seed}: {run.Failure}\nRun it again: MILL_SEED={run.Seed} dotnet test tests/Mill.Simulation --filter {nameof(Every_deploy_drain_and_task_comes_to_a_good_end_whatever_goes_wrong)}";

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
