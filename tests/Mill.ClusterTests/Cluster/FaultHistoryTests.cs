using System.Globalization;
using System.Security.Cryptography;
using Mill.Client;
using Mill.ClusterTests.Cluster.Faults;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Recording;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Mill.Testing.Histories;
using Mill.Testing.Linearizability;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>
/// Whatever happens to the nodes of a cluster: no acknowledged write is lost, none is applied twice, and everybody is told one history. <c>MILL_FAULTS</c> says how many
/// faults, <c>MILL_SEED</c> replays a plan; the moments themselves depend on the machine.
/// </summary>
public sealed class FaultHistoryTests(Announcements announcements) : IClassFixture<Announcements>
{
    private static readonly TimeSpan BackToWork = TimeSpan.FromSeconds(20);

    private readonly int _faults = Number("MILL_FAULTS") ?? 2;
    private readonly int _seed = Number("MILL_SEED") ?? RandomNumberGenerator.GetInt32(1_000_000);

    [NetworkFact]
    public async Task Whatever_happens_everybody_is_told_one_history()
    {
        announcements.Say($"MILL_SEED={_seed} MILL_FAULTS={_faults}");
        var random = new Random(_seed);
        await using var rig = await ClusterRig.StartAsync(3);
        try
        {
            for (var i = 0; i < _faults; i++) await RunAsync(rig, i % 2 == 0 ? new KilledLeader() : new KilledFollower(), $"r{i}", random);
        }
        catch
        {
            announcements.Say($"Failed with MILL_SEED={_seed}. The files are in {rig.Keep()}.");
            throw;
        }
    }

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private async Task RunAsync(ClusterRig rig, Fault fault, string prefix, Random random)
    {
        var start = TimeProvider.System.GetTimestamp();
        var recorder = new HistoryRecorder();
        var traffic = new Traffic(rig, recorder, prefix, random.Next(100_000));
        using var stop = new CancellationTokenSource();
        var running = traffic.RunAsync(stop.Token);
        await PauseAsync(random, 300, 1000);
        await fault.BeginAsync(rig, random);
        await PauseAsync(random, 1000, 4000);
        await fault.EndAsync(rig, random);
        var healed = await RequireWritableAsync(rig, prefix);
        await PauseAsync(random, 300, 1000);
        await stop.CancelAsync();
        await running;
        await traffic.FinishAsync();
        var history = recorder.History;
        var took = TimeProvider.System.GetElapsedTime(start);
        var result = LinearizabilityCheck.Run(new SecretsModel(), history);
        announcements.Say($"{fault.Name}: {traffic.Answered} answered, {traffic.Unknown} of unknown outcome, writable {healed.TotalSeconds:F1} s after the end of it, {took.TotalSeconds:F0} s in all; {result.Verdict} after {result.Steps} steps");
        Assert.Equal([], recorder.Surprises);
        Assert.True(result.Verdict is Verdict.Linearizable, $"{result}");
        Assert.Equal([], PointInTimeCheck.Run(history));
    }

    private static Task PauseAsync(Random random, int least, int most) => Task.Delay(TimeSpan.FromMilliseconds(random.Next(least, most)), TimeProvider.System);

    private static async Task<TimeSpan> RequireWritableAsync(ClusterRig rig, string prefix)
    {
        var start = TimeProvider.System.GetTimestamp();
        foreach (var node in rig.Nodes)
        {
            using var client = node.Client(rig.Access);
            await Until.TrueAsync($"{node} takes a write", BackToWork, () => TryWriteAsync(client, $"{prefix}/healed/{node}"));
        }
        return TimeProvider.System.GetElapsedTime(start);
    }

    private static async Task<bool> TryWriteAsync(MillClient client, string name)
    {
        using var value = SecretValue.FromText("yes");
        try
        {
            await client.SetAsync(name, value);
            return true;
        }
        catch (MillException e) when (e.IsTransient)
        {
            return false;
        }
    }
}
