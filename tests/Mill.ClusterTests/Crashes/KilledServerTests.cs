using System.Globalization;
using System.Security.Cryptography;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>
/// SIGKILL at any moment: every acknowledged write is there, and no write is there by half. <c>MILL_KILLS</c> says how many (200),
/// <c>MILL_SEED</c> replays a plan; the moments themselves depend on the machine.
/// </summary>
public sealed class KilledServerTests(Announcements announcements) : IClassFixture<Announcements>
{
    /// <summary>Side by side: a server that starts keeps one core busy.</summary>
    private const int Lanes = 2;

    private const int Growth = 40;
    private const int ThoroughEvery = 20;
    private const int FreshDirectories = 5;

    private readonly int _kills = Number("MILL_KILLS") ?? 200;
    private readonly int _seed = Number("MILL_SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);

    [Fact]
    public async Task A_killed_server_keeps_every_acknowledged_write_and_no_half_of_any()
    {
        announcements.Say($"MILL_SEED={_seed} MILL_KILLS={_kills}");
        var start = TimeProvider.System.GetTimestamp();
        var reports = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunAsync(lane))));
        announcements.Say($"{reports.Aggregate(CrashReport.Add)} in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F0} s");
    }

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private async Task<CrashReport> RunAsync(int lane)
    {
        var report = new CrashReport { Wanted = (_kills + lane) / Lanes };
        for (var random = new Random(_seed + lane); !report.IsDone;)
        {
            await RunAsync(random.Next(), report, GrowAsync);
            for (var i = 0; i < FreshDirectories && !report.IsDone; i++) await RunAsync(random.Next(), report, BeginAsync);
        }
        return report;
    }

    /// <summary>One directory that grows; sometimes killed again before it serves again.</summary>
    private static async Task GrowAsync(CrashedStore store, CrashReport report, Random random)
    {
        for (var round = 1; round <= Growth && !report.IsDone; round++)
        {
            for (var again = random.Next(6); again > 3; again--) await store.KillAtStartAsync();
            await store.KillUnderLoadAsync(thorough: round % ThoroughEvery == 0);
        }
    }

    /// <summary>The first moments of a directory.</summary>
    private static async Task BeginAsync(CrashedStore store, CrashReport report, Random random)
    {
        for (var again = random.Next(1, 3); again > 0; again--) await store.KillAtStartAsync();
        await store.KillUnderLoadAsync(thorough: false);
    }

    private async Task RunAsync(int seed, CrashReport report, Func<CrashedStore, CrashReport, Random, Task> kill)
    {
        using var store = new CrashedStore(seed, report);
        try
        {
            await kill(store, report, new Random(seed));
            await store.FinishAsync();
        }
        catch
        {
            announcements.Say($"Failed with directory seed {seed}, after {report}. Its files are in {store.Keep()}.");
            throw;
        }
    }
}
