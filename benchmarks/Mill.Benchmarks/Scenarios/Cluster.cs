using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;

namespace Mill.Benchmarks.Scenarios;

/// <summary>Three nodes on this machine: writes against etcd's own, reads against the constant answer of the same server.</summary>
internal static class Cluster
{
    private const double WritesBar = 2;
    private const double LatencyBar = 2;
    private const double LeaderBar = 0.6;
    private const double FollowerBar = 0.45;
    private const double ManyReadersBar = 0.6;
    private const int Clients = 64;
    private const int Many = 256;
    private const int Existing = 1_000;
    private const double LightWrites = 50; // per second, while reads are measured

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        var findings = new List<Finding>();
        var (ours, etcds) = (new List<(LoadResult Many, LoadResult One)>(), new List<(LoadResult Many, LoadResult One)>());
        await using var mill = await MillCluster.StartAsync(options.Mill, Path.Combine(directory, "cluster"));
        var leader = await mill.LeaderAsync();
        var follower = (leader + 1) % 3;
        var plan = new LoadPlan { Kind = WorkloadKind.Create, Host = mill.HostOf(leader), Port = MillCluster.Port, Tls = true, Token = mill.Token, Seconds = options.Seconds, Names = Existing };
        await LoadProcess.RunAsync(plan with { Kind = WorkloadKind.Fill, Connections = 4 });
        var next = (long)Existing;
        async Task<LoadResult> WriteAsync(LoadPlan write)
        {
            var result = await LoadProcess.RunAsync(write with { Prefix = "bench/new-", FirstValue = next });
            next += result.Requests;
            return result;
        }
        await WriteAsync(Rounds.WarmUp(plan));

        await using (var etcd = await EtcdCluster.StartAsync(Path.Combine(directory, "cluster-etcd")))
        {
            var put = new LoadPlan { Kind = WorkloadKind.EtcdPut, Host = etcd.Host, Port = etcd.Port, Seconds = options.Seconds, Prefix = "bench/key-" };
            await LoadProcess.RunAsync(Rounds.WarmUp(put));
            for (var round = 0; round < options.Rounds; round++)
            {
                etcds.Add((await LoadProcess.RunAsync(put), await LoadProcess.RunAsync(put with { Connections = 1 })));
                ours.Add((await WriteAsync(plan), await WriteAsync(plan with { Connections = 1 })));
            }
        }
        findings.Add(Writes(ours, etcds));
        findings.Add(new("cluster", "their latency", Rounds.Latency([.. ours.Select(round => round.Many)]), "etcd: " + Rounds.Latency([.. etcds.Select(round => round.Many)])));
        findings.Add(OneWriter(ours, etcds));
        var forwarded = await WriteAsync(plan with { Host = mill.HostOf(follower) });
        findings.Add(new("cluster", "new secrets through a follower, 64 clients", Rounds.Rate([forwarded]), Rounds.Latency([forwarded])));
        findings.Add(await ReadsAsync(mill, leader, "", Clients, LeaderBar, "leader", plan, options));
        findings.Add(await ReadsAsync(mill, follower, "", Clients, FollowerBar, "follower", plan, options));
        findings.Add(await ReadsAsync(mill, follower, "", Many, ManyReadersBar, "follower", plan, options));
        findings.Add(await ReadsAsync(mill, follower, "?consistency=quorum", Clients, null, "follower, quorum", plan, options));
        findings.Add(new("cluster", "memory, leader and follower", $"{Figures.Megabytes(mill.ResidentBytes(leader))}, {Figures.Megabytes(mill.ResidentBytes(follower))}"));
        return findings;
    }

    private static Finding Writes(List<(LoadResult Many, LoadResult One)> ours, List<(LoadResult Many, LoadResult One)> etcds)
    {
        var ratio = Figures.Median(ours.Zip(etcds, (mill, etcd) => mill.Many.PerSecond / etcd.Many.PerSecond));
        return new("cluster", "new secrets, 64 clients", Rounds.Rate([.. ours.Select(round => round.Many)]), "etcd, single puts, 64 clients: " + Rounds.Rate([.. etcds.Select(round => round.Many)]),
            $"ratio ≥ {Figures.Ratio(WritesBar)} (is {Figures.Ratio(ratio)})", ratio >= WritesBar);
    }

    private static Finding OneWriter(List<(LoadResult Many, LoadResult One)> ours, List<(LoadResult Many, LoadResult One)> etcds)
    {
        var ratio = Figures.Median(ours.Zip(etcds, (mill, etcd) => mill.One.P50 / etcd.One.P50));
        return new("cluster", "new secrets, 1 client: latency", Rounds.Latency([.. ours.Select(round => round.One)]), "etcd: " + Rounds.Latency([.. etcds.Select(round => round.One)]),
            $"p50 ≤ {Figures.Ratio(LatencyBar)} × etcd's (is {Figures.Ratio(ratio)})", ratio <= LatencyBar);
    }

    private static async Task<Finding> ReadsAsync(MillCluster mill, int node, string query, int clients, double? bar, string who, LoadPlan write, BenchOptions options)
    {
        var read = write with { Kind = WorkloadKind.Read, Host = mill.HostOf(node), Query = query, Connections = clients };
        var constant = read with { Kind = WorkloadKind.Path, Prefix = "/healthz", Query = "" };
        var light = write with { Kind = WorkloadKind.Update, Connections = 4, Rate = LightWrites, FirstValue = TimeProvider.System.GetUtcNow().Ticks };
        var (reads, constants) = (new List<LoadResult>(), new List<LoadResult>());
        await LoadProcess.RunAsync(Rounds.WarmUp(read));
        for (var round = 0; round < options.Rounds; round++)
        {
            constants.Add(await BesideAsync(constant, light with { FirstValue = light.FirstValue + (round * 1_000_000) }));
            reads.Add(await BesideAsync(read, light with { FirstValue = light.FirstValue + (round * 1_000_000) + 500_000 }));
        }
        var ratio = Figures.Median(reads.Zip(constants, (mine, limit) => mine.PerSecond / limit.PerSecond));
        return new("cluster", $"linearizable reads, {who}, {clients} clients, beside {LightWrites:0} writes/s", Rounds.Rate(reads) + ", " + Rounds.Latency(reads), "`/healthz` there: " + Rounds.Rate(constants),
            bar is { } least ? $"ratio ≥ {Figures.Ratio(least)} (is {Figures.Ratio(ratio)})" : $"(ratio is {Figures.Ratio(ratio)})", bar is null ? null : ratio >= bar);
    }

    private static async Task<LoadResult> BesideAsync(LoadPlan plan, LoadPlan light)
    {
        var writing = LoadProcess.RunAsync(light);
        var result = await LoadProcess.RunAsync(plan);
        await writing;
        return result;
    }
}
