using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Testing;

/// <summary>The state store as a dictionary: the fake that every engine is compared with. It keeps its own copy of each value.</summary>
/// <remarks><c>InMemoryStateStore.Leases.cs</c> has the leases.</remarks>
/// <param name="knownCommits">How many commits a watcher may fall behind.</param>
/// <param name="time">What leases are counted by.</param>
public sealed partial class InMemoryStateStore(int knownCommits = 4096, TimeProvider? time = null) : IStateStore, ILeases
{
    private readonly Lock _lock = new();
    private readonly List<StoreEvent> _events = []; // the commits after _revision - _events.Count
    private ImmutableSortedDictionary<string, StoreEntry> _entries = ImmutableSortedDictionary.Create<string, StoreEntry>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = NewSignal();
    private long _revision;
    private bool _isDisposed;

    public string Engine => "memory";

    /// <summary>A commit beyond it is refused, as an engine would.</summary>
    public StoreLimits Limits { get; init; } = StoreLimits.None;

    /// <summary>Asked for each commit, before anything else: what shall go wrong with it?</summary>
    public Func<StoreTransaction, StoreFault?>? Fault { get; set; }

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return new(_revision);
        }
    }

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ImmutableSortedDictionary<string, StoreEntry> entries;
        long revision;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            (entries, revision) = (_entries, _revision);
        }

        // Backwards, because nobody may rely on an order.
        foreach (var entry in entries.Values.Reverse().Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
            visit(entry.Key, entry.Value.Span, entry.Revision);
        return new(revision);
    }

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return new(_entries.TryGetValue(key, out var entry) ? entry : null);
        }
    }

    public ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (transaction.Writes.DistinctBy(write => write.Key, StringComparer.Ordinal).Count() != transaction.Writes.Count)
            throw new ArgumentException("A key is written twice.", nameof(transaction));
        if (transaction.Writes.Count > Limits.Writes || transaction.Writes.Sum(write => StoreLimits.SizeOf(write.Key, write.Value?.Length ?? 0)) > Limits.Bytes)
            throw new MillException(MillError.TooLarge, "This is more than the store takes at once.");

        var fault = Fault?.Invoke(transaction);
        if (fault is not null and not StoreFault.ReplyLost)
            throw Failure(fault.Value);

        TaskCompletionSource changed;
        StoreCommit commit;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            commit = CommitLocked(transaction);
            changed = RenewSignalLocked();
        }

        changed.SetResult();
        return fault is null ? new(commit) : throw Failure(fault.Value);
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (next, changed) = Next(afterRevision);
            if (next is not null)
            {
                afterRevision = next.Revision;
                if (next.Writes.Where(write => write.Key.StartsWith(prefix, StringComparison.Ordinal)).ToArray() is { Length: > 0 } writes)
                    yield return next with { Writes = writes };
            }
            else if (changed is not null)
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                yield break;
            }
        }
    }

    /// <summary>Forgets what watchers could catch up on, as a restart or a compaction does.</summary>
    public void Compact()
    {
        lock (_lock)
            _events.Clear();
    }

    public ValueTask DisposeAsync()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _isDisposed = true;
            EndLeasesLocked();
            changed = RenewSignalLocked();
        }

        changed.SetResult();
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static MillException Failure(StoreFault fault) => fault switch
    {
        StoreFault.Full => new(MillError.StorageFull, "The fake is full."),
        StoreFault.Unavailable => new(MillError.StorageUnavailable, "The fake is unavailable."),
        _ => new(MillError.OutcomeUnknown, "The fake lost a message."),
    };

    private StoreCommit CommitLocked(StoreTransaction transaction)
    {
        if (transaction.Preconditions.Any(condition => RevisionOfLocked(condition.Key) != condition.Revision) || !AreLeasesAliveLocked(transaction.Writes))
            return new(Succeeded: false, _revision);

        ApplyLocked(transaction.Writes);
        return new(Succeeded: true, _revision);
    }

    private void ApplyLocked(IEnumerable<StoreWrite> writes)
    {
        _revision++;
        var changes = new List<StoreWrite>();
        foreach (var write in writes)
        {
            if (write.Value is null && !_entries.ContainsKey(write.Key))
                continue;

            // Not "Value?.ToArray()": a null array turns into an empty value, and a deletion into a put.
            var kept = write.Value is { } value ? write with { Value = value.ToArray() } : write;
            _entries = kept.Value is { } put ? _entries.SetItem(write.Key, new(write.Key, put, _revision)) : _entries.Remove(write.Key);
            BindLocked(kept);
            changes.Add(kept);
        }

        _events.Add(new(_revision, changes));
        if (_events.Count > knownCommits)
            _events.RemoveAt(0);
    }

    private long RevisionOfLocked(string key) => _entries.TryGetValue(key, out var entry) ? entry.Revision : 0;

    private (StoreEvent? Next, Task? Changed) Next(long afterRevision)
    {
        lock (_lock)
        {
            var oldestKnown = _revision - _events.Count;
            if (afterRevision < oldestKnown)
                throw new WatchCompactedException(oldestKnown);
            if (afterRevision < _revision)
                return (_events[(int)(afterRevision - oldestKnown)], null);
            return (null, _isDisposed ? null : _changed.Task);
        }
    }

    private TaskCompletionSource RenewSignalLocked()
    {
        var changed = _changed;
        _changed = NewSignal();
        return changed;
    }
}
