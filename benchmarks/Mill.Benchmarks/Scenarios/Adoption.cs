using System.Diagnostics;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>How long it takes until a server that was killed has taken up all that runs, and that nothing of it was started again.</summary>
internal static class Adoption
{
    private const int Containers = 50;
    private const double Bar = 5; // seconds

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Finding> RunAsync(BenchOptions options, string directory, DockerEngineProcess engine)
    {
        var home = Path.Combine(directory, "adoption");
        string[] more = ["--docker", engine.Address, "--log-level", "info"];
        string before;
        await using (var mill = await MillProcess.StartAsync(options.Mill, home, more))
        {
            await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(FormattableString.Invariant($$"""
                service "idle" {
                  image      = "{{DockerEngineProcess.Image}}"
                  command    = ["sleep", "100000"]
                  replicas   = {{Containers}}
                  cpu        = 0.01
                  memory     = "8M"
                  stop_grace = "0s"
                  update { max_parallel = {{Containers}} }
                }
                """)));
            before = await RunningAsync(engine);
            mill.Kill();
        }
        var times = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await using var mill = await MillProcess.StartAsync(options.Mill, home, more);
            await mill.UntilSaidAsync("runs already, and is taken up", Containers, Patience);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (await RunningAsync(engine) != before) throw new InvalidOperationException("Not all containers are what they were.");
            if (round < options.Rounds - 1) mill.Kill();
            else await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(DockerEngineProcess.Nothing));
        }
        var median = Figures.Median(times);
        return new("deploy", FormattableString.Invariant($"killed, and started anew, until {Containers} containers were taken up"), FormattableString.Invariant($"{median:F2} s ({times.Min():F2} to {times.Max():F2})"), "none was started again", FormattableString.Invariant($"≤ {Bar:F2} s"), median <= Bar);
    }

    /// <summary>Each with when it was started.</summary>
    private static async Task<string> RunningAsync(DockerEngineProcess engine) =>
        await engine.DockerAsync(["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", .. (await engine.DockerAsync("ps", "--quiet", "--no-trunc")).Split('\n').Order(StringComparer.Ordinal)]);
}
