using System.Globalization;
using System.Security.Cryptography;
using Mill.ClusterTests.Cluster.Faults;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Recording;
using Mill.ClusterTests.Cluster.Rig;
using Mill.Testing.Histories;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>
/// Whatever happens to the nodes of a cluster: no acknowledged write is lost, none is applied twice, and everybody is told one history. <c>MILL_FAULTS</c> says how many
/// faults (12, one of each kind) and <c>MILL_OPERATIONS</c> how many operations around each (7,500; 100,000 in all, and the last one makes up for what is missing),
/// <c>MILL_FAULT</c> takes only those with this in their name, and <c>MILL_SEED</c> replays a plan; the moments themselves depend on the machine.
/// </summary>
public sealed class FaultHistoryTests(Announcements announcements) : IClassFixture<Announcements>
{
    /// <summary>In a run of the usual size: what is promised of it, and said of it elsewhere.</summary>
    private const int LeastOperations = 100_000;
    private const int LeastKinds = 8;

    /// <summary>Of the node whose disk runs full, in MiB: enough for what all rounds write.</summary>
    private int DiskSize => 200 + (_faults * Math.Max(20, _operations / 500));

    private readonly int _faults = Number("MILL_FAULTS") ?? 12;
    private readonly int _operations = Number("MILL_OPERATIONS") ?? 7_500;
    private readonly int _seed = Number("MILL_SEED") ?? RandomNumberGenerator.GetInt32(1_000_000);
    private readonly HashSet<FaultKind> _kinds = [];
    private readonly Dictionary<string, IReadOnlyList<SeenVersion>> _final = new(StringComparer.Ordinal);

    /// <summary>Writes whose client was told that they may or may not have happened. They may still happen when it is long gone: a request waits in a network too.</summary>
    private int _unknown;

    /// <summary>How often watchers had to list everything anew.</summary>
    private int _resets;

    /// <summary>So many there must be; fewer only where fewer were asked for.</summary>
    private int Least => Number("MILL_FAULTS") is null && Number("MILL_OPERATIONS") is null ? LeastOperations : Math.Min(LeastOperations, _faults * _operations);

    private static string? Only => Environment.GetEnvironmentVariable("MILL_FAULT");

    [Fact]
    public void So_many_faults_as_there_are_kinds_hold_one_of_each_and_every_variant_comes_in_its_turn()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 50; seed++)
        {
            var deck = new FaultDeck(new Random(seed), only: null);
            var all = deck.Kinds.Order().ToList();
            Assert.True(all.Count >= LeastKinds);
            for (var deal = 0; deal < 3; deal++)
            {
                var dealt = Enumerable.Range(0, all.Count).Select(_ => deck.Next()).ToList();
                Assert.Equal(all, dealt.Select(fault => fault.Kind).Order());
                Assert.Contains("all nodes killed", dealt.Select(fault => fault.Fault.Name));
                names.UnionWith(dealt.Select(fault => fault.Fault.Name));
            }
            Assert.True(names.Count >= 18, string.Join(", ", names));
            names.Clear();
        }
        Assert.Throws<ArgumentException>(() => new FaultDeck(new Random(1), "nothing that happens"));
    }

    [NetworkFact]
    public async Task Whatever_happens_everybody_is_told_one_history()
    {
        announcements.Say($"MILL_SEED={_seed} MILL_FAULTS={_faults}{(StepClock.Library is null ? "; clocks are not stepped: libfaketime is not installed" : "")}");
        var start = TimeProvider.System.GetTimestamp();
        await using var rig = await ClusterRig.StartAsync(3, Equip);
        try
        {
            var operations = await RunAsync(rig);
            await RequireSameHistoriesAsync(rig);
            RequireSize(operations);
            announcements.Say($"{_faults} faults of {_kinds.Count} kinds, {operations} operations, {_final.Sum(secret => secret.Value.Count)} versions of {_final.Count} secrets, {_resets} resets of watches, in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F0} s");
        }
        catch
        {
            announcements.Say($"Failed with MILL_SEED={_seed}. The files are in {rig.Keep()}.");
            throw;
        }
    }

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private void Equip(RigNode node)
    {
        if (node.Name is "n2") node.Disk = new(node.Directory, $"{DiskSize}m");
        if (node.Name is "n3" && StepClock.Library is not null) node.Clock = StepClock.Of(node);
    }

    private async Task<int> RunAsync(ClusterRig rig)
    {
        var random = new Random(_seed);
        var deck = new FaultDeck(random, Only);
        var operations = 0;
        for (var i = 0; i < _faults; i++)
        {
            var (kind, fault) = deck.Next();
            _kinds.Add(kind);
            // What others were too slow for, the last one makes up for.
            var least = i == _faults - 1 ? Least - operations : 0;
            var round = new Round(rig, fault, $"r{i}", _operations, least, random);
            try
            {
                await round.RunAsync();
            }
            catch
            {
                round.Save(rig.Keep());
                throw;
            }
            finally
            {
                announcements.Say($"{i + 1}: {round}");
            }
            operations += round.Operations;
            _unknown += round.Unknown;
            _resets += round.Resets;
            foreach (var (name, versions) in round.Final) _final.Add(name, versions);
        }
        return operations;
    }

    private void RequireSize(int operations)
    {
        Assert.True(operations >= Least, $"There were only {operations} operations: this machine is too slow for so many.");
        if (Only is null && _faults >= Enum.GetValues<FaultKind>().Length) Assert.True(_kinds.Count >= LeastKinds && _kinds.SetEquals(new FaultDeck(new Random(_seed), only: null).Kinds), string.Join(", ", _kinds));
    }

    /// <summary>What was there after each round is there in the end, the same on every node, and nothing came to it but late writes of unknown outcome.</summary>
    private async Task RequireSameHistoriesAsync(ClusterRig rig)
    {
        var end = new Dictionary<string, List<SeenVersion>>(StringComparer.Ordinal);
        foreach (var node in rig.Nodes)
        {
            using var client = node.Client(rig.Access);
            foreach (var name in _final.Keys)
            {
                var seen = new List<SeenVersion>();
                await foreach (var item in client.GetAllHistoryAsync(name)) seen.Add(Moments.Seen(item));
                if (!end.TryAdd(name, seen)) Assert.Equal(end[name], seen);
            }
        }
        Assert.InRange(_final.Sum(secret => CountLate(secret.Value, end[secret.Key])), 0, _unknown);
    }

    /// <summary>How many writes came after a round: each adds a version to it, or ends its last one. Fails where anything else has changed.</summary>
    private static int CountLate(IReadOnlyList<SeenVersion> before, List<SeenVersion> after)
    {
        var added = after.Count - before.Count;
        Assert.True(added >= 0, "A version is gone.");
        if (before.Count == 0) return added;
        var (was, now) = (before[0], after[added]);
        var wasEnded = was.State is SeenVersion.Current && now.State is not SeenVersion.Current;
        Assert.Equal(was, wasEnded ? now with { State = was.State, ValidTo = was.ValidTo } : now);
        Assert.Equal(before.Skip(1), after.Skip(added + 1));
        return added + (wasEnded && now.State is SeenVersion.Deleted ? 1 : 0);
    }
}
