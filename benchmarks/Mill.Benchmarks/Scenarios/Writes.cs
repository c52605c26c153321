using Mill.Benchmarks.Disk;
using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>Durable writes, against how often the same disk can make anything durable at all: group commit must beat one write per fsync.</summary>
internal static class Writes
{
    private const double RatioBar = 1.5;
    private const double P99Bar = 25;
    private const double OneClientBar = 3;
    private const int Existing = 1_000;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "writes"));
        var update = new LoadPlan { Kind = WorkloadKind.Update, Port = mill.Port, Token = mill.Token, Seconds = options.Seconds, Names = Existing };
        var create = update with { Kind = WorkloadKind.Create, Prefix = "bench/new-" };
        var counter = new Counter();
        await LoadProcess.RunAsync(update with { Kind = WorkloadKind.Fill, Connections = 4 });
        foreach (var plan in new[] { create, update }) await counter.RunAsync(Rounds.WarmUp(plan));

        var (syncs, creates, updates) = (new List<double>(), new List<LoadResult>(), new List<LoadResult>());
        for (var round = 0; round < options.Rounds; round++)
        {
            syncs.Add(SyncProbe.PerSecond(directory, TimeSpan.FromSeconds(options.Seconds)));
            creates.Add(await counter.RunAsync(create));
            updates.Add(await counter.RunAsync(update));
        }
        var one = await counter.RunAsync(create with { Connections = 1 });
        return
        [
            Rate("new secrets, 64 clients", creates, syncs),
            Tail("their latency", creates),
            Rate("updates, 64 clients", updates, syncs),
            Tail("their latency", updates),
            new("writes", "new secrets, 1 client", Rounds.Rate([one]), $"p50 {Figures.Milliseconds(one.P50)}, p99 {Figures.Milliseconds(one.P99)}", $"p50 ≤ {Figures.Milliseconds(OneClientBar)}", one.P50 <= OneClientBar),
            new("writes", "memory after that", Figures.Megabytes(mill.ResidentBytes())),
        ];
    }

    private static Finding Rate(string what, List<LoadResult> rounds, List<double> syncs)
    {
        var ratio = Figures.Median(rounds.Zip(syncs, (writes, sync) => writes.PerSecond / sync));
        return new("writes", what, Rounds.Rate(rounds), $"`fdatasync`s: {Figures.PerSecond(Figures.Median(syncs))} ({Figures.Spread(syncs)})", $"ratio ≥ {Figures.Ratio(RatioBar)} (is {Figures.Ratio(ratio)})", ratio >= RatioBar);
    }

    private static Finding Tail(string what, List<LoadResult> rounds) =>
        new("writes", what, Rounds.Latency(rounds), "", $"p99 < {Figures.Milliseconds(P99Bar)}", Rounds.P99(rounds) < P99Bar);

    /// <summary>Goes on counting from run to run, so that every name that shall be new is, and every value too.</summary>
    private sealed class Counter
    {
        private long _next = Existing;

        public async Task<LoadResult> RunAsync(LoadPlan plan)
        {
            var result = await LoadProcess.RunAsync(plan with { FirstValue = _next });
            _next += result.Requests;
            return result;
        }
    }
}
