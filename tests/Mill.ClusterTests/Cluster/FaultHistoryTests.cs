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
/// faults (9) and <c>MILL_OPERATIONS</c> how many operations around each (11,200, so 100,000 in all), <c>MILL_FAULT</c> takes only those with this in their name, and
/// <c>MILL_SEED</c> replays a plan; the moments themselves depend on the machine.
/// </summary>
public sealed class FaultHistoryTests(Announcements announcements) : IClassFixture<Announcements>
{
    /// <summary>Of the node whose disk runs full, in MiB: enough for what all rounds write.</summary>
    private int DiskSize => 200 + (_faults * Math.Max(20, _operations / 500));

    private readonly int _faults = Number("MILL_FAULTS") ?? 9;
    private readonly int _operations = Number("MILL_OPERATIONS") ?? 11_200;
    private readonly int _seed = Number("MILL_SEED") ?? RandomNumberGenerator.GetInt32(1_000_000);
    private readonly Dictionary<string, IReadOnlyList<SeenVersion>> _final = new(StringComparer.Ordinal);

    /// <summary>Writes whose client was told that they may or may not have happened. They may still happen when it is long gone: a request waits in a network too.</summary>
    private int _unknown;

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
            announcements.Say($"{_faults} faults, {operations} operations, {_final.Sum(secret => secret.Value.Count)} versions of {_final.Count} secrets, in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F0} s");
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
        var deck = new FaultDeck(random, Environment.GetEnvironmentVariable("MILL_FAULT"));
        var operations = 0;
        for (var i = 0; i < _faults; i++)
        {
            var round = new Round(rig, deck.Next(), $"r{i}", _operations, random);
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
            foreach (var (name, versions) in round.Final) _final.Add(name, versions);
        }
        return operations;
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
