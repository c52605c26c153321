using System.Collections.Concurrent;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Simulation;

/// <summary>
/// Seeded runs of the vault over a faulty store and a bad clock. <c>MILL_SEEDS=5000</c> runs that many; <c>MILL_SEED=17</c> runs just this one.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 500;

    [Fact]
    public async Task Every_promise_is_kept_whatever_goes_wrong()
    {
        var total = new Tally();
        var failures = new ConcurrentDictionary<int, string>();
        var (first, count) = Number("MILL_SEED") is { } one ? (one, 1) : (1, Number("MILL_SEEDS") ?? DefaultSeeds);
        await Parallel.ForEachAsync(Enumerable.Range(first, count), async (seed, _) =>
        {
            var (tally, failure) = await TryAsync(seed, Mutation.None);
            lock (total) total.Add(tally.Counts, tally.Events);
            if (failure is not null) failures[seed] = failure;
        });
        output.WriteLine($"{count} seeds, {total.Events} watch events");
        foreach (var (kind, times) in total.Counts) output.WriteLine($"{times,8} {kind}");
        Assert.True(failures.IsEmpty, $"{failures.Count} of {count} seeds failed.\n" + string.Join("\n\n", failures.OrderBy(pair => pair.Key).Take(3).Select(pair => pair.Value)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_seed_always_gives_the_same_run(int seed)
    {
        var first = await TryAsync(seed, Mutation.None);
        var second = await TryAsync(seed, Mutation.None);
        Assert.Null(first.Failure);
        Assert.Equal(first.Tally.Counts, second.Tally.Counts);
        Assert.Equal(first.Tally.Hash, second.Tally.Hash);
    }

    internal static async Task<(Tally Tally, string? Failure)> TryAsync(int seed, Mutation mutation)
    {
        using var scenario = new Scenario(seed, mutation);
        try
        {
            await scenario.RunAsync();
            return (scenario.Tally, null);
        }
        catch (Violation e)
        {
            return (scenario.Tally, $"Seed {seed}: {e.Message}\nRun it again: MILL_SEED={seed} dotnet test tests/Mill.Simulation --filter {nameof(Every_promise_is_kept_whatever_goes_wrong)}\n{scenario.Tally.LastSteps}");
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
