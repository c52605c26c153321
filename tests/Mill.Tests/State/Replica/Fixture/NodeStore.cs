using System.Runtime.CompilerServices;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;

namespace Mill.Tests.State.Replica.Fixture;

/// <summary>The common store as one node reaches it: the way there can be cut, and replies and news held back.</summary>
internal sealed class NodeStore(InMemoryStateStore store) : IStateStore, ILeases
{
    private TaskCompletionSource _replies = Done();
    private TaskCompletionSource _news = Done();
    private TaskCompletionSource _answers = Done();

    public string Engine => "memory";

    public bool IsCut { get; set; }

    /// <summary>How many attempts to read everything will fail.</summary>
    public int FailingVisits { get; set; }

    /// <summary>Of a record at this key, only its format is known to this node, and that is a later one.</summary>
    public string? LaterKey { get; set; }

    /// <summary>How often the store was asked for an entry: a barrier that asks the quorum does.</summary>
    public int Finds { get; private set; }

    /// <summary>Commits that happened, but of which this node does not know yet.</summary>
    public int Held { get; private set; }

    public void HoldReplies() => _replies = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseReplies()
    {
        _replies.TrySetResult();
        _replies = Done();
    }

    /// <summary>Those that were held never come: their sender does not know what became of its commit.</summary>
    public void LoseReplies() => _replies.TrySetException(new MillException(MillError.OutcomeUnknown, "lost"));

    public void HoldNews() => _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is asked from here on is never answered, as by a store without a majority.</summary>
    public void HoldAnswers() => _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseNews() => _news.TrySetResult();

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => Reach().GetRevisionAsync(cancellationToken);

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        if (FailingVisits == 0) return Reach().VisitAsync(prefix, visit, cancellationToken);
        FailingVisits--;
        throw new MillException(MillError.StorageUnavailable, "cut");
    }

    public async ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        Finds++;
        await _answers.Task.WaitAsync(cancellationToken);
        return await Reach().FindAsync(key, cancellationToken);
    }

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var commit = await Reach().CommitAsync(transaction, cancellationToken);
        Held++;
        try
        {
            await _replies.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Held--;
        }
        return IsCut ? throw new MillException(MillError.OutcomeUnknown, "cut") : commit;
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var step in Reach().WatchAsync(prefix, afterRevision, cancellationToken))
        {
            await _news.Task.WaitAsync(cancellationToken);
            Reach();
            yield return LaterKey is null ? step : step with { Writes = [.. step.Writes.Select(write => write.Key == LaterKey ? new(write.Key, """{"format":2}"""u8.ToArray()) : write)] };
        }
    }

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => Reach().GrantAsync(timeToLive, cancellationToken);

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken) => Reach().KeepAliveAsync(lease, cancellationToken);

    public ValueTask RevokeAsync(long lease, CancellationToken cancellationToken) => Reach().RevokeAsync(lease, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private InMemoryStateStore Reach() => IsCut ? throw new MillException(MillError.StorageUnavailable, "cut") : store;
}
