using System.Diagnostics;
using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>What it costs to lose the leader, to hand its office on, and to come back after having missed a lot.</summary>
internal static class Failover
{
    private const int Kills = 20;
    private const int Transfers = 10;
    private const int Missed = 100_000;
    private const int Clients = 4;

    private static readonly TimeSpan KillBar = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReturnBar = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillCluster.StartAsync(options.Mill, Path.Combine(directory, "failover"));
        return [await KillAsync(mill, options.IsQuick ? 2 : Kills), await TransferAsync(mill, options.IsQuick ? 2 : Transfers), await ReturnAsync(mill, options.IsQuick ? Missed / 20 : Missed)];
    }

    private static async Task<Finding> KillAsync(MillCluster mill, int kills)
    {
        var gaps = new List<double>();
        for (var kill = 0; kill < kills; kill++)
        {
            var leader = await mill.LeaderAsync();
            await mill.WriteOnceAsync((leader + 1) % 3);
            await mill.KillAsync(leader);
            var start = Stopwatch.GetTimestamp();
            while (!await mill.TryWriteAsync((leader + 1) % 3, $"kill-{kill}")) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            gaps.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            await mill.RestartAsync(leader);
        }
        var sorted = gaps.Order().ToList();
        var p95 = sorted[(int)Math.Ceiling(0.95 * sorted.Count) - 1];
        return new("failover", $"leader killed with its etcd, {kills} times: until the next write is accepted", $"median {Figures.Seconds(TimeSpan.FromSeconds(Figures.Median(gaps)))}, p95 {Figures.Seconds(TimeSpan.FromSeconds(p95))}, max {Figures.Seconds(TimeSpan.FromSeconds(sorted[^1]))}",
            "", $"p95 ≤ {Figures.Seconds(KillBar)}", p95 <= KillBar.TotalSeconds);
    }

    /// <summary>Half of them asked for, half by stopping the leader. Clients write through all nodes, the one that stops too, and try a write that failed once more on another.</summary>
    private static async Task<Finding> TransferAsync(MillCluster mill, int transfers)
    {
        using var stop = new CancellationTokenSource();
        var (written, failed, longest) = (0, 0, 0.0);
        var clients = Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var node = (client + i) % 3;
                var (start, name) = (Stopwatch.GetTimestamp(), $"transfer-{client}-{i}");
                if (!await mill.TryWriteAsync(node, name) && !await mill.TryWriteAsync((node + 1) % 3, name)) Interlocked.Increment(ref failed);
                Interlocked.Increment(ref written);
                lock (mill) longest = Math.Max(longest, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        })).ToList();
        for (var i = 0; i < transfers; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            var leader = await mill.LeaderAsync();
            if (i % 2 == 0)
            {
                await mill.TransferAsync(leader);
                continue;
            }
            await mill.StopAsync(leader);
            await mill.RestartAsync(leader);
        }
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        return new("failover", $"office handed over {transfers} times, {Clients} clients writing", $"{written} writes, {failed} failed after one more try; the longest took {Figures.Seconds(TimeSpan.FromSeconds(longest))}", "", "0 failed", failed == 0);
    }

    private static async Task<Finding> ReturnAsync(MillCluster mill, int missed)
    {
        var leader = await mill.LeaderAsync();
        var away = (leader + 1) % 3;
        await mill.StopAsync(away);
        var plan = new LoadPlan { Kind = WorkloadKind.Create, Host = mill.HostOf(leader), Port = MillCluster.Port, Tls = true, Token = mill.Token, Seconds = 300, MaxRequests = missed, Prefix = "missed/key-" };
        await LoadProcess.RunAsync(plan);
        var start = Stopwatch.GetTimestamp();
        await mill.RestartAsync(away);
        await mill.ReadAsync(away, $"missed/key-{(missed - 1).ToString().PadLeft(Workload.NameDigits, '0')}");
        var took = Stopwatch.GetElapsedTime(start);
        return new("failover", $"a node comes back after {missed:N0} missed writes: from its start to a linearizable read of the last", Figures.Seconds(took), "", $"≤ {Figures.Seconds(ReturnBar)}", took <= ReturnBar);
    }
}
