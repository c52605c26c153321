using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Mill.Simulation.Cluster;

/// <summary>Seeds from one to another, every so many.</summary>
internal readonly record struct SeedRange(int First, int Last, int Step = 1)
{
    public IEnumerable<int> All
    {
        get
        {
            for (var seed = First; Step > 0 ? seed <= Last : seed >= Last; seed += Step) yield return seed;
        }
    }
}

/// <summary>What came of one seed.</summary>
/// <param name="Hash">Of all that happened, step by step.</param>
/// <param name="Failure">What was wrong, and the last steps; null where nothing was.</param>
internal sealed record SeedReport(ClusterMutation Mutation, int Seed, ulong Hash, long Events, int Operations, int WatchEvents, SortedDictionary<string, int> Counts, string? Failure);

/// <summary>Runs seeds in processes made for it: see <see cref="SeedProcess"/>.</summary>
internal static class SeedRuns
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15); // with nothing said

    /// <summary>Runs all of them, on every core.</summary>
    public static async Task<IReadOnlyList<SeedReport>> RunAsync(int first, int count, string what = SeedProcess.Nodes)
    {
        var processes = Math.Min(Environment.ProcessorCount, count);
        return await TogetherAsync(Enumerable.Range(first, processes).Select(start => StartAsync([ClusterMutation.None], SeedProcess.All, new(start, first + count - 1, processes), what)));
    }

    /// <summary>Runs seeds with each of these bugs, until one of them fails.</summary>
    public static async Task<IReadOnlyList<SeedReport>> RunUntilFailureAsync(IEnumerable<ClusterMutation> mutations, SeedRange seeds)
    {
        var shares = mutations.Select((mutation, index) => (mutation, index)).GroupBy(item => item.index % Environment.ProcessorCount, item => item.mutation);
        return await TogetherAsync(shares.Select(share => StartAsync([.. share], SeedProcess.UntilFailure, seeds)));
    }

    /// <summary>Runs seeds in one process, in this order.</summary>
    public static Task<IReadOnlyList<SeedReport>> RunInOneAsync(SeedRange seeds, string what = SeedProcess.Nodes) => StartAsync([ClusterMutation.None], SeedProcess.All, seeds, what);

    private static async Task<IReadOnlyList<SeedReport>> TogetherAsync(IEnumerable<Task<IReadOnlyList<SeedReport>>> running) => [.. (await Task.WhenAll(running)).SelectMany(reports => reports)];

    private static async Task<IReadOnlyList<SeedReport>> StartAsync(ClusterMutation[] mutations, string until, SeedRange seeds, string what = SeedProcess.Nodes)
    {
        string[] command = ["exec", typeof(SeedRuns).Assembly.Location, what, string.Join(',', mutations), until, Text(seeds.First), Text(seeds.Last), Text(seeds.Step)];
        var start = new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"] = start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync();
            var reports = new List<SeedReport>();
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line) reports.Add(JsonSerializer.Deserialize<SeedReport>(line)!);
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? reports : throw new InvalidOperationException($"After {reports.Count} seeds the process ended with {process.ExitCode}: {await errors}");
        }
        finally
        {
            process.Kill();
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
