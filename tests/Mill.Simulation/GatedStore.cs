using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Simulation;

/// <summary>A store as one server sees it: every commit waits at a gate until the schedule says what becomes of it.</summary>
internal sealed class GatedStore(IStateStore store, SimulatedClock clock, Action arrived) : IStateStore
{
    private static readonly string Head = new HeadKey().ToString();

    private volatile Waiter? _waiting;
    private volatile bool _isOpen;
    private int _foreign;

    public string Engine => "simulated";

    /// <summary>Called for every commit that really happened, before anybody hears of it.</summary>
    public required Action<StoreTransaction, long> Applied { get; init; }

    public bool HasWaiting => _waiting is not null;

    public bool IsUnavailable { get; set; }

    /// <summary>True once a server has reason to read the whole store again.</summary>
    public bool WasInDoubt { get; private set; }

    /// <summary>From now on commits pass without stopping.</summary>
    public void Open() => _isOpen = true;

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => store.GetRevisionAsync(cancellationToken);

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken) =>
        IsUnavailable ? throw new MillException(MillError.StorageUnavailable, "Simulated: the storage is unavailable.") : store.VisitAsync(prefix, visit, cancellationToken);

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken) =>
        IsUnavailable ? throw new MillException(MillError.StorageUnavailable, "Simulated: the storage is unavailable.") : store.FindAsync(key, cancellationToken);

    public IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken) =>
        store.WatchAsync(prefix, afterRevision, cancellationToken);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        if (_isOpen) return await ApplyAsync(transaction);
        var waiter = new Waiter(transaction);
        _waiting = waiter;
        arrived();
        return await waiter.Outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the waiting commit go on, to its fate.</summary>
    public async Task ReleaseAsync(CommitFault fault)
    {
        var waiter = _waiting ?? throw new InvalidOperationException("Nothing waits.");
        _waiting = null;
        if (fault is CommitFault.Slow or CommitFault.SlowReplyLost) clock.Advance(TimeSpan.FromSeconds(6));
        if (fault is CommitFault.Foreign) await CommitForeignAsync();
        if (Refusal(fault) is { } refusal)
        {
            WasInDoubt |= fault is CommitFault.RequestLost;
            waiter.Outcome.SetException(refusal);
            return;
        }
        var commit = await ApplyAsync(waiter.Transaction);
        if (fault is CommitFault.ReplyLostThenForeign) await CommitForeignAsync();
        var isLost = fault is CommitFault.ReplyLost or CommitFault.ReplyLostThenForeign or CommitFault.SlowReplyLost;
        WasInDoubt |= isLost || !commit.Succeeded;
        if (isLost) waiter.Outcome.SetException(new MillException(MillError.OutcomeUnknown, "Simulated: the reply was lost."));
        else waiter.Outcome.SetResult(commit);
    }

    /// <summary>The server dies while its commit is on the way: it happens, or it does not, and nobody is told.</summary>
    public async Task CrashAsync(bool commitHappens)
    {
        if (_waiting is { } waiter && commitHappens) await ApplyAsync(waiter.Transaction);
        _waiting = null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static MillException? Refusal(CommitFault fault) => fault switch
    {
        CommitFault.RequestLost => new(MillError.OutcomeUnknown, "Simulated: the request was lost."),
        CommitFault.Full => new(MillError.StorageFull, "Simulated: the storage is full."),
        CommitFault.Unavailable => new(MillError.StorageUnavailable, "Simulated: the storage is unavailable."),
        _ => null,
    };

    private async Task<StoreCommit> ApplyAsync(StoreTransaction transaction)
    {
        var commit = await store.CommitAsync(transaction, CancellationToken.None);
        if (commit.Succeeded) Applied(transaction, commit.Revision);
        return commit;
    }

    /// <summary>A fair rival: its commit time lies after everything that was seen of any clock.</summary>
    private async Task CommitForeignAsync()
    {
        var entry = await store.FindAsync(Head, CancellationToken.None);
        var head = (HeadRecord)RecordCodec.Decode(new HeadKey(), entry!.Value.Value.Span);
        var highest = Timestamp.From(clock.Highest);
        var time = (head.CommitTime > highest ? head.CommitTime : highest) + TimeSpan.FromMicroseconds(1);
        var record = new HeadRecord { Batch = $"foreign-{++_foreign}", CommitTime = time };
        await store.CommitAsync(new([], [new(Head, RecordCodec.Encode(record))]), CancellationToken.None);
    }

    private sealed class Waiter(StoreTransaction transaction)
    {
        public StoreTransaction Transaction => transaction;

        public TaskCompletionSource<StoreCommit> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
