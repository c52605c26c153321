using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>The store as one process reaches it: every question travels there, and its answer back, and either may be lost, late, or come twice.</summary>
internal sealed class StorePath(World world, SimulatedStore store, SimulatedNode node, Life life, Weather weather, ClusterMutation mutation) : IStateStore, ILeases
{
    /// <summary>After this, whoever asked gives up, as the client of an engine does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestLate = TimeSpan.FromSeconds(9);

    private static readonly string Head = new HeadKey().ToString();

    private readonly CommitPath _commits = new(world, store, node, life, weather, mutation);
    private int _steps;

    private Routes Routes => node.Routes;

    public string Engine => "simulated";

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => AskAsync("revision", () => store.Revision, cancellationToken);

    public async ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (mutation is not ClusterMutation.OwnQuorum || key != Head) return await AskAsync($"find {key}", () => store.Find(key), cancellationToken);
        return new StoreEntry(key, default, Revision: 1);
    }

    public async ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        var all = await AskAsync("everything", () => store.ReadAll(prefix), cancellationToken);
        foreach (var entry in all.Entries) visit(entry.Key, entry.Value.Span, entry.Revision);
        return all.Revision;
    }

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => AskAsync("grant", () => store.Grant(timeToLive), cancellationToken);

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken) =>
        AskAsync($"keep alive {lease}", () => store.KeepAlive(lease), cancellationToken, isLost: () => Routes.LosesKeepAlives);

    public async ValueTask RevokeAsync(long lease, CancellationToken cancellationToken) => await AskAsync($"revoke {lease}", () => Revoke(lease), cancellationToken);

    public ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) => _commits.CommitAsync(transaction, cancellationToken);

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var steps = store.Inner.WatchAsync(prefix, afterRevision, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await HasNextAsync(steps))
        {
            await HearAsync(steps.Current, cancellationToken);
            if (mutation is ClusterMutation.NewsLost && ++_steps % 9 == 0) continue;
            yield return steps.Current;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Revoke(long lease)
    {
        store.Revoke(lease);
        return true;
    }

    private async ValueTask<bool> HasNextAsync(IAsyncEnumerator<StoreEvent> steps)
    {
        try
        {
            return await steps.MoveNextAsync();
        }
        catch (WatchCompactedException)
        {
            world.Ask($"{life} fell behind", life, () => world.Tally.Count("watch gap, all is read again"));
            throw;
        }
    }

    private async Task HearAsync(StoreEvent step, CancellationToken cancellationToken)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Ask($"{life} news {step.Revision}", life, () => Tell(heard));
        await heard.Task.WaitAsync(cancellationToken);
    }

    private void Tell(TaskCompletionSource heard)
    {
        var at = world.Now + world.Between(0.2, weather.News[node.Number - 1]).Ticks;
        if (at < Routes.NewsFrom) world.Tally.Count("watch delayed");
        world.At(Math.Max(at, Routes.NewsFrom), Arrive, life);

        void Arrive()
        {
            if (Routes.ToStore is not Way.Open)
            {
                world.At(world.Now + TimeSpan.FromMilliseconds(100).Ticks, Arrive, life);
            }
            else if (Routes.BreaksNews)
            {
                Routes.BreaksNews = false;
                world.Tally.Count("watch broken");
                heard.SetException(new MillException(MillError.StorageUnavailable, "Simulated: the watch broke."));
            }
            else
            {
                heard.SetResult();
            }
        }
    }

    private async ValueTask<T> AskAsync<T>(string what, Func<T> answer, CancellationToken cancellationToken, Func<bool>? isLost = null)
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Ask($"{life} {what}", life, () => Send(isLost?.Invoke() is true ? Way.Silent : Routes.ToStore));
        return await reply.Task.WaitAsync(cancellationToken);

        void Send(Way way)
        {
            if (way is Way.Open) world.At(life.Now + Hop(), () => Reply(answer()));
            else world.At(life.Now + (way is Way.Refused ? TimeSpan.FromMilliseconds(5) : Patience).Ticks, Fail, life);
        }

        void Reply(T result) => world.At(world.Now + Hop(), () => reply.TrySetResult(result), life);

        void Fail() => reply.TrySetException(new MillException(MillError.StorageUnavailable, "Simulated: the store cannot be reached."));
    }

    private long Hop() => world.Between(0.2, weather.Hop).Ticks;
}
