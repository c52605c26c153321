using Mill.Benchmarks.Report;
using Mill.Benchmarks.Scenarios;

namespace Mill.Benchmarks;

/// <summary>Runs the scenarios, prints the table, and writes it down.</summary>
internal static class BenchRun
{
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>0 if every bar was passed; a quick run passes no judgement.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, string root)
    {
        BenchOptions options;
        try
        {
            options = BenchOptions.Parse(arguments, root);
        }
        catch (FormatException e)
        {
            return Fail(e.Message);
        }
        var directory = Path.Combine(options.Directory, $"run-{Environment.ProcessId}");
        Directory.CreateDirectory(directory);
        try
        {
            var findings = new List<Finding>();
            foreach (var scenario in options.Scenarios)
            {
                Console.Error.WriteLine($"{scenario} …");
                findings.AddRange(await RunAsync(scenario, options, directory));
            }
            var table = Table.Render(findings);
            Console.WriteLine(table);
            Console.Error.WriteLine($"written to {PerformanceDocument.Write(options, table)}");
            return !options.IsQuick && findings.Any(finding => finding.Passed is false) ? Failed : 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public static int Help()
    {
        Console.WriteLine(BenchOptions.Usage);
        return 0;
    }

    public static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {message}\n{BenchOptions.Usage}");
        return Misused;
    }

    private static Task<IReadOnlyList<Finding>> RunAsync(string scenario, BenchOptions options, string directory) => scenario switch
    {
        "reads" => Reads.RunAsync(options, directory),
        "writes" => Writes.RunAsync(options, directory),
        "size" => Size.RunAsync(options, directory),
        "cli" => Commands.RunAsync(options, directory),
        "sdk" => Sdk.RunAsync(options, directory),
        "sync" => Scenarios.Sync.RunAsync(options, directory),
        "deploy" => Deploys.RunAsync(options, directory),
        "cluster" => Cluster.RunAsync(options, directory),
        "failover" => Failover.RunAsync(options, directory),
        "micro" => Task.FromResult(MicroBenchmarks.Run(options, directory)),
        _ => throw new ArgumentException($"There is no scenario {scenario}.", nameof(scenario)),
    };
}
