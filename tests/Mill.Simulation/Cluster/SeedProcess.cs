using System.Globalization;
using System.Text.Json;
using Mill.Simulation.Fleet;

namespace Mill.Simulation.Cluster;

/// <summary>
/// This assembly as a program: runs seeds of nodes, each to its end and by itself, and says what came of them, a line for each. Its thread pool has one thread. So all that ever happens, happens in one
/// order, which only the seed decides: every run is exactly the one that any other process makes of the same seed.
/// </summary>
internal static class SeedProcess
{
    public const string Nodes = "nodes";

    /// <summary>The same, with what runs on them.</summary>
    public const string Fleets = "fleets";

    /// <summary>Goes on to the next mutation once one seed has failed.</summary>
    public const string UntilFailure = "until-failure";
    public const string All = "all";

    public static async Task<int> Main(string[] arguments)
    {
        ThreadPool.GetMaxThreads(out var threads, out _);
        if (threads != 1 || arguments is not [Nodes or Fleets, var mutations, UntilFailure or All, var first, var last, var step])
        {
            await Console.Error.WriteLineAsync("This is a part of the tests, and no command.");
            return 2;
        }
        var seeds = new SeedRange(Number(first), Number(last), Number(step));
        await SimulatedCluster.PrepareAsync();
        await Task.Run(() => arguments[0] is Fleets ? RunFleetsAsync(seeds) : RunAsync([.. mutations.Split(',').Select(Enum.Parse<ClusterMutation>)], arguments[2] is UntilFailure, seeds));
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task RunAsync(ClusterMutation[] mutations, bool untilFailure, SeedRange seeds)
    {
        foreach (var mutation in mutations)
        {
            foreach (var seed in seeds.All)
            {
                var report = await RunAsync(seed, mutation);
                Console.WriteLine(JsonSerializer.Serialize(report));
                if (untilFailure && report.Failure is not null) break;
            }
        }
    }

    private static async Task<SeedReport> RunAsync(int seed, ClusterMutation mutation)
    {
        var scenario = new ClusterScenario(seed, mutation);
        do
        {
            await RestAsync();
            scenario.World.Settle();
        }
        while (scenario.TryStep());
        var run = scenario.Result();
        var faults = await ClusterCheck.RunAsync(run);
        var failure = faults.Count > 0 ? $"{string.Join('\n', faults.Take(5))}\n{run.Tally.LastSteps}" : null;
        return new(mutation, seed, run.Tally.Hash, run.Events, run.History.Count, run.Tally.Events, run.Tally.Counts, failure);
    }

    private static async Task RunFleetsAsync(SeedRange seeds)
    {
        foreach (var seed in seeds.All)
        {
            var scenario = new FleetScenario(seed);
            do
            {
                await RestAsync();
                scenario.World.Settle();
            }
            while (scenario.TryStep());
            Console.WriteLine(JsonSerializer.Serialize(scenario.Result()));
        }
    }

    /// <summary>Returns when nothing else has anything to do: this is on the only thread, and nothing waits for it.</summary>
    private static async Task RestAsync()
    {
        do await Task.Yield();
        while (ThreadPool.PendingWorkItemCount > 0);
    }
}
