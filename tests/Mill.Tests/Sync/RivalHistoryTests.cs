using System.Globalization;
using Mill.Core.Sync;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>
/// Three pushes with vaults and ledgers of their own, at the same time, to one target: none deletes or overwrites what another wrote, but for what came between its look and its change, where nobody could know.
/// <c>MILL_HISTORIES</c> says how many histories, <c>MILL_SEED</c> the first of them.
/// </summary>
public sealed class RivalHistoryTests
{
    private static readonly string[] Names = ["A", "B", "C"];
    private static readonly string[] Rivals = ["one", "three", "two"];
    private static readonly PushOptions Plain = PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true });

    private static int Count => int.Parse(Environment.GetEnvironmentVariable("MILL_HISTORIES") ?? "25", CultureInfo.InvariantCulture);

    private static int First => int.Parse(Environment.GetEnvironmentVariable("MILL_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Pushes_of_three_at_the_same_time_never_take_from_each_other()
    {
        for (var seed = First; seed < First + Count; seed++) await RunAsync(seed);
    }

    [Fact]
    public async Task The_same_seed_is_the_same_history() => Assert.Equal(await RunAsync(First), await RunAsync(First));

    /// <summary>Returns what was asked, and when.</summary>
    private static async Task<string> RunAsync(int seed)
    {
        var (random, time) = (new Random(seed), new HastyTime());
        await using var gitHub = await StubGitHub.StartAsync(time);
        var vaults = Rivals.ToDictionary(who => who, _ => new MemoryVault());
        var text = "";
        for (var round = 0; round < 6; round++)
        {
            var targets = Rivals.ToDictionary(who => who, _ => PushRig.Target("acme/web", [.. Names.Where(_ => random.Next(3) > 0).Select(name => (name, name.ToLowerInvariant()))]));
            foreach (var who in Rivals)
            {
                foreach (var name in Names.Where(_ => random.Next(2) is 0)) vaults[who].Set(name.ToLowerInvariant(), $"{who}-{round}");
            }
            var overwriting = random.Next(4) is 0 ? Rivals[random.Next(Rivals.Length)] : "";
            var schedule = new RivalSchedule(gitHub, time, random);
            gitHub.History.Clear();
            var before = gitHub.Secrets.ToDictionary(secret => secret.Key, secret => secret.Value.Writer);
            await schedule.RunAsync(Rivals.ToDictionary(who => who, who => new Func<Task>(() => PushAsync(gitHub, vaults[who], who, targets[who], who == overwriting))));
            Check(gitHub.History.ToList(), before, overwriting, $"seed {seed}, round {round}");
            text += $"{time.GetUtcNow():O} {string.Join(", ", gitHub.History)}\n";
        }
        return text;
    }

    private static async Task PushAsync(StubGitHub gitHub, MemoryVault vault, string who, SyncTarget target, bool isOverwriting)
    {
        using var client = gitHub.Connect(who);
        var options = isOverwriting ? Plain with { Rules = Plain.Rules with { Overwrites = true } } : Plain;
        var report = await new Push(client, vault, vault, options).RunAsync([target], CancellationToken.None);
        Assert.Null(report.Targets[0].Failure);
        Assert.Equal(0, report.Count(PushOutcome.Failed));
    }

    /// <param name="history">Who asked what, in the order in which it was done.</param>
    /// <param name="writers">By name, as it began.</param>
    private static void Check(List<SeenRequest> history, Dictionary<string, string> writers, string overwriting, string where)
    {
        var looks = new Dictionary<(string Who, string Name), int>();
        var changes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < history.Count; i++)
        {
            var (who, method, name) = history[i];
            if (method is "GET")
            {
                looks[(who, name)] = i;
                continue;
            }
            var writer = writers.GetValueOrDefault(name);
            var isAfterLook = changes.GetValueOrDefault(name, -1) > looks.GetValueOrDefault((who, name), -1);
            Assert.True(writer is null || writer == who || isAfterLook || (method is "PUT" && who == overwriting), $"{where}: {who} {method} {name} of {writer}; {string.Join(", ", history)}");
            if (method is "PUT") writers[name] = who;
            else writers.Remove(name);
            changes[name] = i;
        }
    }
}
