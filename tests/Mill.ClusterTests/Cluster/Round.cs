using Mill.ClusterTests.Cluster.Faults;
using Mill.ClusterTests.Cluster.Recording;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Testing.Histories;
using Mill.Testing.Linearizability;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>One fault under traffic, on secrets that are new, and everything that must be so afterwards.</summary>
/// <param name="operations">How many there are to be, as far as the machine does that many in its time.</param>
/// <param name="least">How many there must be: without them it goes on, for much longer.</param>
internal sealed class Round(ClusterRig rig, Fault fault, string prefix, int operations, int least, Random random)
{
    private const int Checker = 100; // the client that looks at the end, apart from those of the traffic
    private const int AllVersions = 1000;

    private static readonly TimeSpan MaxTraffic = TimeSpan.FromSeconds(60); // on each side of the fault
    private static readonly TimeSpan LongestTraffic = TimeSpan.FromMinutes(15); // for a machine that is ten times slower than any this was seen on
    private static readonly TimeSpan BackToWork = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WatchPatience = TimeSpan.FromSeconds(40);
    private static readonly CheckLimits Limits = new(20_000_000, TimeSpan.FromSeconds(120));

    private readonly HistoryRecorder _recorder = new();
    private readonly Dictionary<string, IReadOnlyList<SeenVersion>> _final = new(StringComparer.Ordinal);
    private TimeSpan _healed;
    private TimeSpan _silence;
    private CheckResult? _result;

    public int Operations => _recorder.Count;

    /// <summary>How often a watcher was told that it has missed something for good, and had to list everything anew.</summary>
    public int Resets { get; private set; }

    public int Unknown => _recorder.History.Count(operation => operation.IsUnknown);

    /// <summary>What is there in the end, by the word of the first node.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<SeenVersion>> Final => _final;

    /// <summary>Writes down what everybody did and was told, for examination.</summary>
    public void Save(string directory) => File.WriteAllLines(
        Path.Combine(directory, $"{prefix}.history"), _recorder.History.OrderBy(operation => operation.Invoked).Select(operation => $"{operation.Invoked} {operation.Responded} {operation}"));

    public async Task RunAsync()
    {
        var watches = await Task.WhenAll(rig.Nodes.Select(node => RecordedWatch.StartAsync(node, rig.Access, prefix + "/")));
        try
        {
            var traffic = new Traffic(rig, _recorder, prefix, random.Next(100_000));
            await DisturbAsync(traffic);
            // The marks, too.
            await LookAsync([.. traffic.Names.Union(_recorder.History.SelectMany(operation => operation.Input.Names), StringComparer.Ordinal)]);
            await CheckAsync(watches);
        }
        finally
        {
            foreach (var watch in watches) await watch.DisposeAsync();
        }
    }

    public override string ToString() =>
        $"{fault.Name}: {Operations} operations, {Unknown} of unknown outcome; {_silence.TotalSeconds:F1} s without a write at most, all nodes took writes {_healed.TotalSeconds:F1} s after its end; {Resets} resets of watches; {_result?.Verdict} after {_result?.Steps} steps";

    private async Task DisturbAsync(Traffic traffic)
    {
        using var stop = new CancellationTokenSource();
        var running = traffic.RunAsync(stop.Token);
        try
        {
            await ReachAsync(random.Next(operations), MaxTraffic);
            var duration = fault.Duration(random);
            await fault.BeginAsync(rig, random);
            await PauseAsync(duration);
            await fault.EndAsync(rig, random);
            _healed = await RequireWritableAsync();
            _silence = _recorder.LongestSilence;
            await ReachAsync(operations, MaxTraffic);
            await ReachAsync(least, LongestTraffic);
            await PauseAsync(TimeSpan.FromMilliseconds(random.Next(300, 1000)));
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private async Task ReachAsync(int count, TimeSpan longest)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Operations < count && TimeProvider.System.GetElapsedTime(start) < longest) await PauseAsync(TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Every node takes writes again within the time that is promised.</summary>
    private async Task<TimeSpan> RequireWritableAsync()
    {
        var start = TimeProvider.System.GetTimestamp();
        foreach (var node in rig.Nodes)
        {
            using var client = new RecordedClient(Checker, node.Name, node.Client(rig.Access, BackToWork), _recorder);
            await RequireAnswerAsync(client, node, AMark($"healed/{node}"));
        }
        return TimeProvider.System.GetElapsedTime(start);
    }

    private Task RequireAnswerAsync(RecordedClient client, RigNode node, SecretCall call) =>
        Until.TrueAsync($"after {fault.Name}, {node} answers {call}", BackToWork, async () => await client.CallAsync(call) is RecordedClient.Outcome.Answered);

    /// <summary>Reads everything once more through every node, and compares.</summary>
    private async Task LookAsync(IReadOnlyList<string> names)
    {
        foreach (var node in rig.Nodes)
        {
            using var recorded = new RecordedClient(Checker, node.Name, node.Client(rig.Access), _recorder);
            foreach (var name in names)
            {
                await RequireAnswerAsync(recorded, node, new SecretCall.Get(name));
                await RequireAnswerAsync(recorded, node, new SecretCall.History(name, AllVersions));
            }
        }
    }

    /// <summary>Keeps what those looks, and the one at the last mark, have shown.</summary>
    private void KeepFinal()
    {
        foreach (var operation in _recorder.History)
        {
            if (operation is { Client: Checker, Input: SecretCall.History history, Output: SecretAnswer.Versions { NewestFirst: var versions } }) _final.TryAdd(history.Name, versions);
        }
    }

    private async Task CheckAsync(RecordedWatch[] watches)
    {
        var streams = await StreamsAsync(watches);
        Resets = watches.Sum(watch => watch.Resets);
        var history = _recorder.History;
        _result = LinearizabilityCheck.Run(new SecretsModel(), history, Limits);
        RequireNone(_recorder.Surprises);
        RequireNone(Ledger.Check(history, _final));
        Assert.True(_result.Verdict is Verdict.Linearizable, $"{fault.Name}: {_result}");
        RequireNone(PointInTimeCheck.Run(history));
        foreach (var stream in streams) RequireNone(WatchCheck.Run(history, stream, mayJoin: true));
    }

    private void RequireNone(IEnumerable<string> faults)
    {
        var shown = faults.Take(8).ToList();
        Assert.True(shown.Count == 0, $"{fault.Name}:\n{string.Join('\n', shown)}");
    }

    /// <summary>What the watchers saw up to a last write, after which all is quiet.</summary>
    private async Task<List<WatchedStream>> StreamsAsync(RecordedWatch[] watches)
    {
        var last = AMark("last");
        var leader = await rig.LeaderAsync();
        using var client = leader.Client(rig.Access);
        using var recorded = new RecordedClient(Checker, leader.Name, client, _recorder);
        Assert.Equal(RecordedClient.Outcome.Answered, await recorded.CallAsync(last));
        await RequireAnswerAsync(recorded, leader, new SecretCall.History(last.Name, AllVersions));
        KeepFinal();
        foreach (var watch in watches) await Until.TrueAsync("a watch comes to the end", WatchPatience, () => Task.FromResult(IsOver(watch) || watch.HasSeen(last.Name)));
        var end = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var item in client.ListAllAsync(prefix + "/")) end.Add(item.Name, item.Version);
        return [.. watches.SelectMany(watch => StreamsOf(watch, end))];
    }

    /// <summary>One up to each reset, whose end nobody waited for, and the last.</summary>
    private IEnumerable<WatchedStream> StreamsOf(RecordedWatch watch, Dictionary<string, int> end)
    {
        var parts = watch.Parts();
        return parts.Select((part, index) => new WatchedStream(part.Start, Joined(part.Events), index < parts.Count - 1 || IsOver(watch) ? null : end));
    }

    /// <summary>Whether it has no end that could be compared: the node is no member any more.</summary>
    private bool IsOver(RecordedWatch watch) => watch.HasEnded || !rig.Nodes.Contains(watch.Node);

    /// <summary>
    /// A client is told where to go on after an event, not of which revision it is; so what was committed at the same instant is brought together here.
    /// </summary>
    private List<WatchedEvent> Joined(IReadOnlyList<WatchedEvent> events)
    {
        var joined = events.ToList();
        for (var i = joined.Count - 2; i >= 0; i--)
        {
            if (InstantOf(joined[i]) is { } instant && InstantOf(joined[i + 1]) == instant) joined[i] = joined[i] with { Revision = joined[i + 1].Revision };
        }
        return joined;
    }

    private long? InstantOf(WatchedEvent told)
    {
        var version = _final.GetValueOrDefault(told.Name)?.FirstOrDefault(version => version.Number == told.Version);
        return told.Kind is WatchedKind.Removed ? version?.ValidTo : version?.ValidFrom;
    }

    private SecretCall.Set AMark(string name) => new($"{prefix}/{name}", _recorder.NewValue(), Condition.Always);

    private static Task PauseAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);
}
