using Mill.ClusterTests.Cluster.Rig;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>
/// Clients that set, delete and read at random through all nodes, until they are told to stop. The names come in small groups that have nothing to do with each other, and
/// are given up after a while: the longer a part of a history is, the more it costs to check.
/// </summary>
internal sealed class Traffic(ClusterRig rig, HistoryRecorder recorder, string prefix, int seed)
{
    private const int Clients = 8;
    private const int Settled = 6;
    private const int Groups = 4;
    private const int NamesPerGroup = 2;
    private const int Repeats = 3;

    /// <summary>After so many calls all go on to new names.</summary>
    private const int CallsPerEra = 1500;


    /// <summary>So that a client does not wait longer for a node that stands still than the node does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    private int _keys;
    private int _calls;

    /// <summary>All that were used until now.</summary>
    public IEnumerable<string> Names => Enumerable.Range(0, (_calls / CallsPerEra) + 1).SelectMany(era => Enumerable.Range(0, Groups * NamesPerGroup).Select(index => Name(era, index)));

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(() => RunAsync(number, stop), CancellationToken.None)));

    private async Task RunAsync(int number, CancellationToken stop)
    {
        var random = new Random((seed * Clients) + number);
        var clients = new Dictionary<RigNode, RecordedClient>();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var call = ACall(random);
                if (await CallAsync(number, call, clients, random) is not RecordedClient.Outcome.Refused) continue;
                await Task.Delay(Rest, TimeProvider.System, CancellationToken.None);
            }
        }
        finally
        {
            foreach (var client in clients.Values) client.Dispose();
        }
    }

    /// <summary>
    /// Most clients stay with one node, and so are always on one side of a cut, or wait together for a node that stands still; the others wander. What has a key and was not answered is
    /// sent again with the same key, through any node; and sometimes what was answered, too.
    /// </summary>
    private async Task<RecordedClient.Outcome> CallAsync(int number, SecretCall call, Dictionary<RigNode, RecordedClient> clients, Random random)
    {
        var isLost = number >= Settled;
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await ClientOf(number, isLost ? random.Next() : number, clients).CallAsync(call);
            isLost = outcome is not RecordedClient.Outcome.Answered;
            var again = outcome switch
            {
                RecordedClient.Outcome.Unknown => random.Next(4) > 0,
                RecordedClient.Outcome.Answered => random.Next(4) == 0,
                _ => random.Next(2) == 0,
            };
            if (call.Key is null || !again || attempt > Repeats) return outcome;
        }
    }

    private RecordedClient ClientOf(int number, int choice, Dictionary<RigNode, RecordedClient> clients)
    {
        var nodes = rig.Nodes;
        var node = nodes[choice % nodes.Length];
        if (!clients.TryGetValue(node, out var client)) clients[node] = client = new(number, node.Name, node.Client(rig.Access, Patience), recorder);
        return client;
    }

    private SecretCall ACall(Random random)
    {
        var era = Interlocked.Increment(ref _calls) / CallsPerEra;
        string[] group = [.. Enumerable.Range(random.Next(Groups) * NamesPerGroup, NamesPerGroup).Select(index => Name(era, index))];
        var name = group[random.Next(NamesPerGroup)];
        return random.Next(24) switch
        {
            < 5 => new SecretCall.Set(name, recorder.NewValue(), Condition.Always),
            < 7 => new SecretCall.Set(name, recorder.NewValue(), Condition.Always) { Key = NewKey() },
            7 => new SecretCall.Set(name, recorder.NewValue(), Condition.Absent),
            8 => new SecretCall.Set(name, recorder.NewValue(), Condition.Version(AVersion(name, random))) { Key = NewKey() },
            9 => new SecretCall.Set(name, "the same", Condition.Always, Force: random.Next(3) == 0),
            10 => new SecretCall.Delete(name, random.Next(2) == 0 ? Condition.Always : Condition.Version(AVersion(name, random))),
            < 13 => ATransaction(group, random),
            13 => new SecretCall.GetVersion(name, AVersion(name, random)),
            14 => new SecretCall.GetAt(name, Math.Max(0, recorder.LatestCommit - random.Next(-50_000, 2_000_000))),
            15 => new SecretCall.History(name, random.Next(1, 6)),
            _ => new SecretCall.Get(name),
        };
    }

    private SecretCall.Transact ATransaction(string[] group, Random random) => new([.. group.Select(name => random.Next(6) switch
    {
        0 => new Change(name, null, Condition.Always),
        1 => new Change(name, recorder.NewValue(), Condition.Version(AVersion(name, random))),
        _ => new Change(name, recorder.NewValue(), Condition.Always),
    })]);

    /// <summary>One that may be current, or was.</summary>
    private int AVersion(string name, Random random) => Math.Max(1, recorder.LatestVersion(name) + random.Next(-2, 2));

    private string NewKey() => $"{prefix}-{seed}-{Interlocked.Increment(ref _keys)}";

    private string Name(int era, int index) => $"{prefix}/{era}/{index}";
}
