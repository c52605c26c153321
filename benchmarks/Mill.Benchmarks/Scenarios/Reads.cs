using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>Reads of secrets, against a constant from the same Kestrel: what is left is the price of being a vault.</summary>
internal static class Reads
{
    private const double Bar = 0.6;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "reads"));
        var (constant, address) = await ChildProcess.StartAsync(Environment.ProcessPath!, [ConstantServer.Name], directory);
        await using var _ = constant;

        var read = new LoadPlan { Kind = WorkloadKind.Read, Port = mill.Port, Token = mill.Token, Seconds = options.Seconds };
        // The same request goes to both, token and all: parsing it costs both the same.
        var peer = read with { Port = address.Port };
        var health = read with { Kind = WorkloadKind.Path, Prefix = "/healthz" };
        await LoadProcess.RunAsync(read with { Kind = WorkloadKind.Fill, Connections = 4 });
        foreach (var plan in new[] { peer, read, health }) await LoadProcess.RunAsync(Rounds.WarmUp(plan));

        var (reads, peers, healths) = (new List<LoadResult>(), new List<LoadResult>(), new List<LoadResult>());
        for (var round = 0; round < options.Rounds; round++)
        {
            peers.Add(await LoadProcess.RunAsync(peer));
            reads.Add(await LoadProcess.RunAsync(read));
            healths.Add(await LoadProcess.RunAsync(health));
        }
        var ratio = Figures.Median(reads.Zip(peers, (mine, its) => mine.PerSecond / its.PerSecond));
        var one = await LoadProcess.RunAsync(read with { Connections = 1 });
        return
        [
            new("reads", "secret reads, 64 clients", Rounds.Rate(reads), $"constant: {Rounds.Rate(peers)}", $"ratio ≥ {Figures.Ratio(Bar)} (is {Figures.Ratio(ratio)})", ratio >= Bar),
            new("reads", "their latency", Rounds.Latency(reads), $"constant: {Rounds.Latency(peers)}"),
            new("reads", "`/healthz`, 64 clients", Rounds.Rate(healths)),
            new("reads", "secret reads, 1 client", Rounds.Rate([one]), $"p50 {Figures.Milliseconds(one.P50)}, p99 {Figures.Milliseconds(one.P99)}"),
            new("reads", "memory after that", Figures.Megabytes(mill.ResidentBytes())),
        ];
    }
}
