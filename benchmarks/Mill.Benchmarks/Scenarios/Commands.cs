using System.Diagnostics;
using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>What a person and a script feel: one command as a whole process, and a server that nobody asks anything.</summary>
internal static class Commands
{
    private const int Spawns = 30;
    private const double WallBar = 250;
    private const long IdleBar = 120_000_000;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "cli"));
        // Time is what is measured here: there is no event to wait for.
        await Task.Delay(Idle, TimeProvider.System);
        var idle = mill.ResidentBytes();

        var fill = new LoadPlan { Kind = WorkloadKind.Fill, Port = mill.Port, Token = mill.Token, Connections = 1, Names = 1 };
        await LoadProcess.RunAsync(fill);
        var name = fill.Prefix + new string('0', Workload.NameDigits);
        var times = new List<double>();
        for (var spawn = 0; spawn < Spawns; spawn++) times.Add(await GetAsync(options, mill, name));
        var median = Figures.Median(times);
        return
        [
            new("cli", "`mill secret get NAME`, whole process", $"{Figures.Milliseconds(median)} ({Figures.Spread(times)})", "", $"< {Figures.Milliseconds(WallBar)}", median < WallBar),
            new("cli", "`mill dev`, 10 s after its start", Figures.Megabytes(idle), "", $"< {Figures.Megabytes(IdleBar)}", idle < IdleBar),
        ];
    }

    private static async Task<double> GetAsync(BenchOptions options, MillProcess mill, string name)
    {
        var info = ChildProcess.StartInfo(options.Mill, ["secret", "get", name], mill.Home);
        (info.Environment["MILL_ADDRESS"], info.Environment["MILL_TOKEN"]) = (mill.Address.ToString().TrimEnd('/'), mill.Token);
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        var value = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return process.ExitCode == 0 && value.Length > 0 ? elapsed : throw new InvalidOperationException($"mill secret get failed: {await errors}");
    }
}
