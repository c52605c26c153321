using System.Runtime.CompilerServices;
using Mill.Core.Ports;

namespace Mill.State.Embedded;

/// <summary>The latest commits, for watchers. Each watcher reads at its own pace; one that falls behind the ring is told so and holds nobody up.</summary>
internal sealed class CommitRing(long revision, int maxCommits = 4096, long maxBytes = 32 * 1024 * 1024)
{
    private const int TakeAtMost = 256;
    private const long UnwatchedBytes = 64 * 1024; // kept before anybody ever watched: enough to read everything and watch from there, and no memory for nothing

    private readonly Lock _lock = new();
    private readonly StoreEvent?[] _events = new StoreEvent?[maxCommits]; // a commit stands at its revision modulo the length
    private long _floor = revision; // the commits after this revision are known, up to _latest
    private long _latest = revision;
    private long _bytes;
    private bool _isWatched; // never set back: who watched once comes again
    private bool _isClosed;
    private TaskCompletionSource _changed = NewSignal();

    public void Publish(StoreEvent commit)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _bytes += SizeOf(commit);
            while (_latest - _floor >= maxCommits || (_bytes > (_isWatched ? maxBytes : Math.Min(maxBytes, UnwatchedBytes)) && _floor < _latest))
                ForgetOldestLocked();
            _latest = commit.Revision;
            _events[_latest % maxCommits] = commit;
            changed = RenewSignalLocked();
        }

        changed.SetResult();
    }

    public void Close()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _isClosed = true;
            changed = RenewSignalLocked();
        }

        changed.SetResult();
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (commits, changed) = Take(afterRevision);
            foreach (var commit in commits)
            {
                afterRevision = commit.Revision;
                if (Under(prefix, commit) is { } seen)
                    yield return seen;
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (commits.Count > 0)
                continue;
            if (changed is null)
                yield break;
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously); // watchers never run on the committing thread

    private static long SizeOf(StoreEvent commit) => commit.Writes.Sum(write => (2L * write.Key.Length) + (write.Value?.Length ?? 0));

    private static StoreEvent? Under(string prefix, StoreEvent commit)
    {
        bool Matches(StoreWrite write) => write.Key.StartsWith(prefix, StringComparison.Ordinal);
        if (commit.Writes.Count == 0)
            return null;
        if (commit.Writes.All(Matches))
            return commit;
        return commit.Writes.Where(Matches).ToArray() is { Length: > 0 } writes ? commit with { Writes = writes } : null;
    }

    /// <summary>The next commits, or the signal to wait for; neither once the ring is closed.</summary>
    private (IReadOnlyList<StoreEvent> Commits, Task? Changed) Take(long afterRevision)
    {
        lock (_lock)
        {
            _isWatched = true;
            if (afterRevision < _floor)
                throw new WatchCompactedException(_floor);

            var commits = new List<StoreEvent>();
            for (var next = afterRevision + 1; next <= _latest && commits.Count < TakeAtMost; next++)
                commits.Add(_events[next % maxCommits]!);
            return (commits, _isClosed ? null : _changed.Task);
        }
    }

    private void ForgetOldestLocked()
    {
        ref var oldest = ref _events[++_floor % maxCommits];
        _bytes -= SizeOf(oldest!);
        oldest = null;
    }

    private TaskCompletionSource RenewSignalLocked()
    {
        var changed = _changed;
        _changed = NewSignal();
        return changed;
    }
}
