using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>What a watcher was told from a revision on, of which it knew everything, until it was told that something may be missing.</summary>
internal sealed record SeenStream(long Start)
{
    public List<WatchStep> Steps { get; } = [];

    /// <summary>True where the watcher went on until all was quiet.</summary>
    public bool IsWhole { get; set; }

    public long Revision => Steps.Count > 0 ? Steps[^1].Revision : Start;
}

/// <summary>A client that watches all secrets, at one node after another, and goes on where it stopped.</summary>
internal sealed class ClusterWatcher(SimulatedCluster cluster, int number, int seed)
{
    private readonly Random _random = new((seed * 37) + number);
    private readonly List<SeenStream> _streams = [];

    public IReadOnlyList<SeenStream> Streams => _streams;

    private World World => cluster.World;

    /// <summary>Watches until the world has come to rest and everything up to a revision was told.</summary>
    /// <param name="end">Null as long as there is no such revision.</param>
    public async Task RunAsync(Func<long?> end)
    {
        World.Actor.Value = $"watcher {number}";
        while (true)
        {
            var running = cluster.Nodes.Where(node => node.IsRunning).ToList();
            if (running.Count > 0) await FollowAsync(running[_random.Next(running.Count)].Process, end);
            if (end() <= _streams.LastOrDefault()?.Revision) break;
            await World.PassAsync($"watcher {number}", TimeSpan.FromMilliseconds(_random.Next(50, 500)));
        }
        _streams[^1].IsWhole = true;
    }

    /// <summary>Follows one process, until it dies or the watcher has had enough of it.</summary>
    private async Task FollowAsync(SimulatedProcess process, Func<long?> end)
    {
        if (_streams.Count == 0 && !await BeginAsync(process)) return;
        using var stop = new CancellationTokenSource();
        var following = ReadAsync(process, stop.Token);
        do
        {
            await World.PassAsync($"watcher {number}", TimeSpan.FromMilliseconds(500));
        }
        while (!following.IsCompleted && !process.Life.IsDead && end() is null && _random.Next(8) > 0);
        if (process.Life.IsDead) return;
        while (!following.IsCompleted && end() > _streams[^1].Revision && !process.Life.IsDead) await World.PassAsync($"watcher {number}", TimeSpan.FromMilliseconds(50));
        await stop.CancelAsync();
        await Task.WhenAny(following, process.Life.Died);
    }

    private async Task<bool> BeginAsync(SimulatedProcess process)
    {
        try
        {
            var list = process.Vault.ListAsync(ClientRequests.Caller, new(), CancellationToken.None).AsTask();
            await Task.WhenAny(list, process.Life.Died);
            if (!list.IsCompleted) return false;
            _streams.Add(new((await list).Revision));
            return true;
        }
        catch (MillException)
        {
            return false;
        }
    }

    private async Task ReadAsync(SimulatedProcess process, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var step in process.Vault.WatchAsync(ClientRequests.Caller, "", _streams[^1].Revision, cancellationToken))
            {
                World.Ask($"watcher {number} hears {step.Revision} {string.Join(' ', step.Events)}", from: null, () => World.Tally.Events += step.Events.Count);
                if (step.Events is [{ Kind: SecretEventKind.Reset }]) Restart(step.Revision);
                else _streams[^1].Steps.Add(step);
            }
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            // It cannot be watched yet, or was watched long enough.
        }
    }

    /// <summary>A node may be behind another where the watcher was before: what it shows then is nothing new.</summary>
    private void Restart(long revision)
    {
        World.Ask($"watcher {number} is reset", from: null, () => World.Tally.Count("watcher is reset"));
        _streams.Add(new(revision));
    }
}
