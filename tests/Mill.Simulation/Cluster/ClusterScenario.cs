using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Testing.Histories;

namespace Mill.Simulation.Cluster;

/// <summary>One run, from one seed: nodes, clients and watchers; trouble; then calm, in which everything must come to a good end.</summary>
internal sealed class ClusterScenario
{
    private const int Clients = 5;
    private const int Requests = 22;
    private const int Watchers = 2;
    private const int Auditor = 99;
    private const int MostReads = 40;

    /// <summary>How long all may take. What waits for ever would never fail otherwise.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Nothing that is still under way in the calm takes longer.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);

    private readonly SimulatedCluster _cluster;
    private readonly Director _director;
    private readonly Recorder _recorder;
    private readonly List<Client> _clients;
    private readonly List<ClusterWatcher> _watchers;
    private readonly Task _script;
    private readonly List<ClusterState> _finalStates = [];
    private readonly List<string> _problems = [];
    private string _stage = "traffic";

    public ClusterScenario(int seed, ClusterMutation mutation)
    {
        (Seed, World) = (seed, new(seed));
        var weather = Weather.Of(World, SimulatedCluster.Size);
        _cluster = new(World, weather, mutation);
        (_director, _recorder) = (new(_cluster, weather), new(World));
        _clients = [.. Enumerable.Range(1, Clients).Select(number => new Client(_cluster, _recorder, weather, number, seed))];
        _watchers = [.. Enumerable.Range(1, Watchers).Select(number => new ClusterWatcher(_cluster, number, seed))];
        _director.Start();
        _script = Task.Run(RunAsync);
    }

    public int Seed { get; }

    public World World { get; }

    /// <summary>Executes one event. False once it is over, for good or ill.</summary>
    public bool TryStep()
    {
        if (_script.IsCompleted || _cluster.Failures.Count > 0) return false;
        if (World.Now > Longest.Ticks) _cluster.Fail($"this takes too long: {_stage}");
        else if (World.TryStep()) return true;
        else _cluster.Fail($"nothing moves any more: {_stage}");
        return false;
    }

    public ClusterRun Result() => new(Seed, World.Tally, [.. _recorder.History], [.. _recorder.Lists], [.. _watchers.SelectMany(watcher => watcher.Streams)], _cluster.Store, _finalStates)
    {
        Events = World.Step,
        Failures = [.. _cluster.Failures, .. _problems, .. _script.Exception is { } failure ? [$"{failure}"] : Array.Empty<string>()],
    };

    private async Task RunAsync()
    {
        long? end = null;
        var watching = Task.WhenAll(_watchers.Select(watcher => Task.Run(() => watcher.RunAsync(() => end))));
        await Task.WhenAll(_clients.Select(client => Task.Run(() => client.RunAsync(Requests))));
        await CalmAsync();
        await AuditAsync();
        _stage = "the watchers hear of the end";
        end = _finalStates[0].Revision;
        await watching;
    }

    private async Task CalmAsync()
    {
        _stage = "calm";
        var calm = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        World.Ask("calm", from: null, () =>
        {
            _director.Calm();
            calm.SetResult();
        });
        await calm.Task;
        await World.PassAsync("calm", Settling);
        _stage = "somebody leads, and all nodes answer";
        while (_cluster.Leader is null || _cluster.Nodes.Any(node => !node.IsRunning || node.Process.State.Leader is null)) await World.PassAsync("calm", TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Reads everything on every node, asks again what was asked about the past, and has the vault look at every record.</summary>
    private async Task AuditAsync()
    {
        foreach (var process in _cluster.Nodes.Select(node => node.Process))
        {
            _stage = $"everything is read at {process.Life}";
            foreach (var name in Client.AllNames)
            {
                await RequireAnswerAsync(process, new SecretCall.Get(name));
                await RequireAnswerAsync(process, new SecretCall.History(name, MostReads));
            }
            await _recorder.ListAsync(Auditor, process, ReadLevel.Quorum);
        }
        foreach (var asked in _clients.SelectMany(client => client.Asked).Distinct().Take(MostReads)) await RequireAnswerAsync(_cluster.Nodes[0].Process, asked);
        foreach (var process in _cluster.Nodes.Select(node => node.Process)) _finalStates.Add(await process.State.ReadAsync(new StateRead(ReadLevel.Quorum), CancellationToken.None));
        _stage = "the store is checked";
        var report = await _cluster.Nodes[0].Process.Vault.VerifyAsync(ClientRequests.Caller, CancellationToken.None);
        _problems.AddRange(report.Problems);
    }

    private async Task RequireAnswerAsync(SimulatedProcess process, SecretCall call)
    {
        var answer = await _recorder.AskAsync(Auditor, process, call, ReadLevel.Linearizable, CancellationToken.None);
        if (answer is null) _problems.Add($"all is calm, but {process.Life} does not answer: {call}");
    }
}
