using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Simulation.Cluster;

namespace Mill.Simulation.Fleet;

/// <summary>One run, from one seed: three nodes that run containers, people who deploy, and trouble; then calm, in which every deploy has ended, and everything runs as it should, once.</summary>
internal sealed class FleetScenario
{
    private const int Operators = 3; // the last one of another tenant
    private const int Actions = 12;
    private const string Last = "service \"a\" {\n image = \"good:last\"\n replicas = 2\n port = 80\n cpu = 0.2\n}\n";

    private static readonly TenantId Other = TenantId.TryParse("other", out var tenant) ? tenant : throw new InvalidOperationException("no tenant");
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly SimulatedCluster _cluster;
    private readonly Director _director;
    private readonly FleetOffices _offices;
    private readonly FleetAudit _audit = new();
    private readonly List<FleetOperator> _operators;
    private readonly Task _script;
    private readonly List<string> _problems = [];
    private readonly int _seed;
    private string _stage = "traffic";

    public FleetScenario(int seed)
    {
        (_seed, World) = (seed, new(seed));
        var weather = Weather.Of(World, SimulatedCluster.Size);
        _offices = new(World, _audit);
        _cluster = new(World, weather, ClusterMutation.None, _offices.Start);
        _director = new(_cluster, weather);
        _operators = [.. Enumerable.Range(1, Operators).Select(number => number < Operators
            ? new FleetOperator(_cluster, number, seed, TenantId.Default, ("a", "b", "job"))
            : new FleetOperator(_cluster, number, seed, Other, ("c", "d", "chore")))];
        _director.Start();
        _script = Task.Run(RunAsync);
    }

    public World World { get; }

    /// <summary>Executes one event. False once it is over, for good or ill.</summary>
    public bool TryStep()
    {
        if (_script.IsCompleted || _cluster.Failures.Count > 0 || _audit.Faults.Count > 0) return false;
        if (World.Now > Longest.Ticks) _cluster.Fail($"this takes too long: {_stage}; {string.Join("; ", _operators.Select(one => one.Doing))}");
        else if (World.TryStep()) return true;
        else _cluster.Fail($"nothing moves any more: {_stage}");
        return false;
    }

    public SeedReport Result()
    {
        IReadOnlyList<string> faults = [.. _cluster.Failures, .. _audit.Faults, .. _problems, .. _script.Exception is { } failure ? [$"{failure}"] : Array.Empty<string>()];
        return new(ClusterMutation.None, _seed, World.Tally.Hash, World.Step, Operators * Actions, World.Tally.Events, World.Tally.Counts, faults.Count is 0 ? null : $"{string.Join('\n', faults.Take(5))}\n{World.Tally.LastSteps}");
    }

    private async Task RunAsync()
    {
        World.Actor.Value = "script";
        await Task.WhenAll(_operators.Select(one => Task.Run(() => one.RunAsync(Actions))));
        await CalmAsync();
        await UntilAsync("the deploys that are at work end", fleet => fleet.Deploying.IsEmpty);
        await _operators[^1].RequireAsync("the last deploy of the other", draft => _operators[^1].Deploy(draft, ""));
        await UntilAsync("the last deploy of the other ends", fleet => fleet.Deploying.IsEmpty && fleet.Services.Values.All(service => service.Tenant != Other));
        await _operators[0].RequireAsync("the last deploy", draft => _operators[0].Deploy(draft, Last));
        await UntilAsync("the last deploy ends", fleet => fleet.Deploying.IsEmpty && fleet.Deploys.Values.Any(deploy => deploy.Spec?.Services.Any(service => service.Container.Image is "good:last") is true));
        await UntilAsync("all that is to run does", fleet => fleet.AllocsOf("a").Count(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false }) is 2 && fleet.Allocs.Values.All(alloc => alloc.IsTerminal || alloc.IsWanted));
        await World.PassAsync("script", TimeSpan.FromSeconds(20));
        Check(await ReadAsync());
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
        await UntilAsync("all nodes live", fleet => fleet.Nodes.Count == SimulatedCluster.Size && fleet.Nodes.Values.All(node => !node.IsDown));
        foreach (var node in _cluster.Nodes)
        {
            await _operators[0].RequireAsync($"undrain {node.Id}", draft =>
            {
                if (draft.Fleet.Nodes[node.Id].IsDraining) NodeRules.Undrain(draft, node.Id, "ann");
            });
        }
    }

    private async Task UntilAsync(string what, Func<FleetState, bool> holds)
    {
        _stage = what;
        while (!holds(await ReadAsync())) await World.PassAsync("script", Look);
    }

    private async Task<FleetState> ReadAsync()
    {
        while (true)
        {
            try
            {
                // Of one that is not there yet, or not any more, nothing is waited for.
                if (_cluster.Leader is { } leader && leader.Process.State.ReadAsync(new StateRead(ReadLevel.Local), CancellationToken.None).AsTask() is { IsCompleted: true } read) return (await read).Fleet;
            }
            catch (Secrets.MillException)
            {
                // It was no leader any more.
            }
            await World.PassAsync("script", Look);
        }
    }

    private void Check(FleetState fleet)
    {
        foreach (var deploy in fleet.Deploys.Values.Where(deploy => !deploy.IsOver)) _problems.Add($"deploy {deploy.Number} has not ended");
        if (fleet.Deploys[fleet.Deploys.Keys.Last()].HasFailed) _problems.Add("a good deploy failed though all was calm");
        foreach (var node in _cluster.Nodes)
        {
            var wanted = fleet.Allocs.Values.Where(alloc => alloc.Node == node.Id && !alloc.IsTerminal).Select(alloc => alloc.Id);
            var runs = _offices.Engines[node.Number].Containers.Keys.Order(StringComparer.Ordinal);
            if (!wanted.Order(StringComparer.Ordinal).SequenceEqual(runs)) _problems.Add($"{node.Name} runs {string.Join(' ', runs)}, and is to run {string.Join(' ', wanted)}");
        }
        var ends = _offices.Engines.Values.SelectMany(engine => engine.Ends).GroupBy(end => end.Key, end => end.Value).ToDictionary(end => end.Key, end => end.Sum(), StringComparer.Ordinal);
        foreach (var starts in _offices.Engines.Values.SelectMany(engine => engine.Starts).GroupBy(start => start.Key, start => start.Value))
        {
            // A replica that was to end may be taken back, by a clock that is behind after it has ended: then it is started again. A task never is.
            var isService = fleet.Allocs.GetValueOrDefault(starts.Key) is { Kind: AllocKind.Service };
            if (starts.Sum() <= 1 + (isService ? ends.GetValueOrDefault(starts.Key) : 0)) continue;
            // What ends at once is started again, and a service whose image is good never ends by itself.
            if (isService && fleet.Allocs[starts.Key].Container.Image.StartsWith("dead", StringComparison.Ordinal)) continue;
            if (starts.Key.StartsWith("job-", StringComparison.Ordinal) || starts.Key.StartsWith("chore-", StringComparison.Ordinal) || starts.Key.Contains("-hook-", StringComparison.Ordinal) || fleet.Allocs.ContainsKey(starts.Key)) _problems.Add($"{starts.Key} was started {starts.Sum()} times");
        }
        if (fleet.Allocs.Count > 300) _problems.Add($"{fleet.Allocs.Count} allocations are kept");
    }
}
