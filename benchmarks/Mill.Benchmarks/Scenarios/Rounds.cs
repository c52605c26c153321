using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;

namespace Mill.Benchmarks.Scenarios;

/// <summary>What several rounds of the same load come to.</summary>
internal static class Rounds
{
    private const double WarmUpSeconds = 8;

    /// <summary>The same, unmeasured and long enough for the runtime to have compiled what is hot.</summary>
    public static LoadPlan WarmUp(LoadPlan plan) => plan with { Seconds = Math.Max(plan.Seconds, WarmUpSeconds) };

    public static double PerSecond(IEnumerable<LoadResult> rounds) => Figures.Median(rounds.Select(round => round.PerSecond));

    public static double P99(IEnumerable<LoadResult> rounds) => Figures.Median(rounds.Select(round => round.P99));

    public static string Rate(IReadOnlyList<LoadResult> rounds) =>
        rounds.Count == 1 ? Figures.PerSecond(rounds[0].PerSecond) : $"{Figures.PerSecond(PerSecond(rounds))} ({Figures.Spread([.. rounds.Select(round => round.PerSecond)])})";

    public static string Latency(IReadOnlyList<LoadResult> rounds) =>
        $"p50 {Figures.Milliseconds(Figures.Median(rounds.Select(round => round.P50)))}, p90 {Figures.Milliseconds(Figures.Median(rounds.Select(round => round.P90)))}, "
        + $"p99 {Figures.Milliseconds(P99(rounds))}, max {Figures.Milliseconds(rounds.Max(round => round.Max))}";
}
