using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>A large vault: how fast it is there after a start, what memory it takes, and whether its reads notice.</summary>
internal static class Size
{
    private const int Large = 100_000;
    private const int Small = 100;
    private const int Versions = 3;
    private const int Loaders = 4;
    private const double FillSeconds = 300;
    private const double StartupBar = 5;
    private const long MemoryBar = 600_000_000;

    // "As with few" means: no slower than two runs of the same thing may differ here. They differ by more than that within seconds on a noisy machine, so
    // there are many short rounds, and the middle one counts.
    private const double RatioBar = 0.9;
    private const int RoundsPerRound = 7;
    private const double RoundShare = 0.4;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        var count = options.IsQuick ? Large / 20 : Large;
        var home = Path.Combine(directory, "large");
        var fills = await FillAsync(options, home, count);
        await using var large = await MillProcess.StartAsync(options.Mill, home);
        var started = large.ResidentBytes();
        await FillAsync(options, Path.Combine(directory, "small"), Small);
        await using var small = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "small"));

        var many = new LoadPlan { Kind = WorkloadKind.Read, Port = large.Port, Token = large.Token, Seconds = options.Seconds * RoundShare, Names = count };
        var few = many with { Port = small.Port, Token = small.Token, Names = Small };
        foreach (var plan in new[] { many, few }) await LoadProcess.RunAsync(Rounds.WarmUp(plan));
        var (manys, fews) = (new List<LoadResult>(), new List<LoadResult>());
        for (var round = 0; round < options.Rounds * RoundsPerRound; round++)
        {
            fews.Add(await LoadProcess.RunAsync(few));
            manys.Add(await LoadProcess.RunAsync(many));
        }
        var ratio = Figures.Median(manys.Zip(fews, (mine, its) => mine.PerSecond / its.PerSecond));
        var most = Math.Max(started, large.ResidentBytes());
        var what = FormattableString.Invariant($"{count:N0} secrets × {Versions} versions");
        return
        [
            new("size", $"{what}: loaded, 256 per transaction", $"{Figures.PerSecond(fills)} versions"),
            new("size", "from process start to ready", Figures.Seconds(large.Startup), "", $"≤ {Figures.Seconds(TimeSpan.FromSeconds(StartupBar))}", large.Startup.TotalSeconds <= StartupBar),
            new("size", "resident memory", $"{Figures.Megabytes(started)} ready, {Figures.Megabytes(most)} at most", "", $"< {Figures.Megabytes(MemoryBar)}", most < MemoryBar),
            new("size", "reads of all of them, 64 clients", Rounds.Rate(manys), $"with {Small} secrets: {Rounds.Rate(fews)}", $"ratio ≥ {Figures.Ratio(RatioBar)} (is {Figures.Ratio(ratio)})", ratio >= RatioBar),
        ];
    }

    /// <summary>Fills a new vault and stops it; versions a second.</summary>
    private static async Task<double> FillAsync(BenchOptions options, string home, int count)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, home);
        var fill = new LoadPlan { Kind = WorkloadKind.Fill, Port = mill.Port, Token = mill.Token, Connections = Loaders, Seconds = FillSeconds, Names = count };
        var seconds = 0.0;
        for (var version = 0; version < Versions; version++)
        {
            var result = await LoadProcess.RunAsync(fill with { FirstValue = (long)version * count });
            seconds += result.Requests / result.PerSecond;
        }
        return Versions * count / seconds;
    }
}
