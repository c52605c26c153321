using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Server.Isolation;

/// <summary>
/// Whatever an outsider asks, it cannot tell a secret that exists, was deleted or was destroyed from one that never was: every byte of the answer is
/// the same but for the date. The worlds are compared in step, so a difference that an earlier write left behind would show as well.
/// </summary>
public sealed class IsolationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task An_outsider_gets_the_same_bytes_whatever_became_of_the_secret()
    {
        var compared = 0;
        foreach (var outsider in Outsiders.All)
        {
            await using var without = await World.MakeAsync(Fate.NeverWas);
            var worlds = new List<(Fate Fate, World World)>();
            foreach (var fate in FatesFor(outsider)) worlds.Add((fate, await World.MakeAsync(fate)));
            foreach (var probe in Probes.All)
            {
                var expected = await without.AskAsync(outsider, probe);
                Assert.DoesNotContain("canary", expected.Replace("canary-3", "", StringComparison.Ordinal), StringComparison.Ordinal);
                foreach (var (fate, world) in worlds)
                {
                    var answer = await world.AskAsync(outsider, probe);
                    Assert.True(expected == answer, $"{outsider.Name} can tell that it {fate}: {probe}\n--- never was\n{expected}\n--- {fate}\n{answer}");
                    compared++;
                }
            }
            foreach (var (_, world) in worlds) await world.DisposeAsync();
        }
        output.WriteLine($"{compared} answers compared: {Outsiders.All.Count} outsiders, {Probes.All.Count} requests each");
        Assert.True(compared > 5000, $"only {compared}");
    }

    [Fact]
    public async Task A_watcher_is_told_the_same_whatever_becomes_of_the_secret()
    {
        var compared = 0;
        foreach (var outsider in Outsiders.All.Where(outsider => outsider is { Spoil: null, SeesTheLiving: false } && outsider.Tenant is null or "b" or "unused"))
        {
            await using var without = await World.MakeAsync(Fate.NeverWas);
            var expected = await without.WatchAsync(outsider, Fate.NeverWas);
            foreach (var fate in FatesFor(outsider))
            {
                await using var world = await World.MakeAsync(fate);
                Assert.Equal(expected, await world.WatchAsync(outsider, fate));
                compared++;
            }
        }
        output.WriteLine($"{compared} streams compared");
    }

    [Fact]
    public async Task The_numbers_in_the_metrics_count_nothing_that_their_reader_does_not_see()
    {
        var compared = 0;
        foreach (var outsider in Outsiders.All.Where(outsider => outsider.Name.StartsWith("deployer", StringComparison.Ordinal) && outsider.Tenant is null))
        {
            await using var without = await World.MakeAsync(Fate.NeverWas);
            var expected = await without.AskAsync(outsider, new("GET", "/v1/metrics"));
            Assert.NotEmpty(Totals(expected));
            foreach (var fate in FatesFor(outsider))
            {
                await using var world = await World.MakeAsync(fate);
                Assert.Equal(Totals(expected), Totals(await world.AskAsync(outsider, new("GET", "/v1/metrics"))));
                compared++;
            }
        }
        Assert.True(compared > 3, $"only {compared}");

        static IEnumerable<string> Totals(string metrics) => metrics.Split('\n').Where(line => line.StartsWith("mill_secret", StringComparison.Ordinal) || line.StartsWith("mill_tokens", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_reads_the_whole_store_is_refused_alike_to_all_but_operators()
    {
        var compared = 0;
        foreach (var outsider in Outsiders.All.Where(outsider => !outsider.Name.StartsWith("operator", StringComparison.Ordinal)))
        {
            await using var without = await World.MakeAsync(Fate.NeverWas);
            foreach (var fate in FatesFor(outsider))
            {
                await using var world = await World.MakeAsync(fate);
                foreach (var probe in Probes.WholeStore)
                {
                    var expected = await without.AskAsync(outsider, probe);
                    Assert.Matches("^4[0-9][0-9]\n", expected);
                    Assert.Equal(expected, await world.AskAsync(outsider, probe));
                    compared++;
                }
            }
        }
        Assert.True(compared > 50, $"only {compared}");
    }

    private static IEnumerable<Fate> FatesFor(Outsider outsider) => outsider.SeesTheLiving ? [Fate.Deleted, Fate.Destroyed] : [Fate.Exists, Fate.Deleted, Fate.Destroyed];
}
