using Mill.ClusterTests.Cluster.Rig;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>
/// Clients that set, delete and read at random through all nodes, until they are told to stop. The names come in small groups that have nothing to do with each other: the longer a
/// part of a history is, the more it costs to check.
/// </summary>
internal sealed class Traffic(ClusterRig rig, HistoryRecorder recorder, string prefix, int seed)
{
    private const int Clients = 6;
    private const int Groups = 4;
    private const int NamesPerGroup = 2;
    private const int Repeats = 3;

    /// <summary>So that a client does not wait longer for a node that stands still than the node does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    private int _keys;

    public IEnumerable<string> Names => Enumerable.Range(0, Groups * NamesPerGroup).Select(Name);

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

    /// <summary>What has a key and was not answered is sent again with the same key, mostly through another node; and sometimes what was answered, too.</summary>
    private async Task<RecordedClient.Outcome> CallAsync(int number, SecretCall call, Dictionary<RigNode, RecordedClient> clients, Random random)
    {
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await ClientOf(number, clients, random).CallAsync(call);
            var again = outcome switch
            {
                RecordedClient.Outcome.Unknown => random.Next(4) > 0,
                RecordedClient.Outcome.Answered => random.Next(4) == 0,
                _ => random.Next(2) == 0,
            };
            if (call.Key is null || !again || attempt > Repeats) return outcome;
        }
    }

    /// <summary>Each client has a node that it likes best, so that some of them are always on the right side of a cut.</summary>
    private RecordedClient ClientOf(int number, Dictionary<RigNode, RecordedClient> clients, Random random)
    {
        var nodes = rig.Nodes.ToArray();
        var node = nodes[random.Next(4) > 0 ? number % nodes.Length : random.Next(nodes.Length)];
        if (!clients.TryGetValue(node, out var client)) clients[node] = client = new(number, node.Name, node.Client(rig.Access, Patience), recorder);
        return client;
    }

    private SecretCall ACall(Random random)
    {
        var group = random.Next(Groups) * NamesPerGroup;
        var name = Name(group + random.Next(NamesPerGroup));
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

    private SecretCall.Transact ATransaction(int group, Random random) => new([.. Enumerable.Range(group, NamesPerGroup).Select(Name).Select(name => random.Next(6) switch
    {
        0 => new Change(name, null, Condition.Always),
        1 => new Change(name, recorder.NewValue(), Condition.Version(AVersion(name, random))),
        _ => new Change(name, recorder.NewValue(), Condition.Always),
    })]);

    /// <summary>One that may be current, or was.</summary>
    private int AVersion(string name, Random random) => Math.Max(1, recorder.LatestVersion(name) + random.Next(-2, 2));

    private string NewKey() => $"{prefix}-{seed}-{Interlocked.Increment(ref _keys)}";

    private string Name(int index) => $"{prefix}/{index}";
}
