using Mill.Core.Ports;

namespace Mill.Testing;

/// <summary>Leases: a lease whose time is over takes its keys with it, in one commit.</summary>
public sealed partial class InMemoryStateStore
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Dictionary<long, Lease> _leases = [];
    private readonly Dictionary<string, long> _leaseOfKey = new(StringComparer.Ordinal);
    private long _lastLease;

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var id = ++_lastLease;
            var timer = _time.CreateTimer(_ => Expire(id), null, timeToLive, Timeout.InfiniteTimeSpan);
            _leases.Add(id, new(timeToLive, timer) { RenewedAt = _time.GetTimestamp() });
            return new(id);
        }
    }

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_leases.TryGetValue(lease, out var kept))
                return new(false);
            kept.RenewedAt = _time.GetTimestamp();
            kept.Timer.Change(kept.TimeToLive, Timeout.InfiniteTimeSpan);
            return new(true);
        }
    }

    public ValueTask RevokeAsync(long lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        End(lease, static _ => true);
        return ValueTask.CompletedTask;
    }

    private void Expire(long lease) => End(lease, kept => _time.GetElapsedTime(kept.RenewedAt) >= kept.TimeToLive); // not if it was renewed just now

    private void End(long lease, Func<Lease, bool> isDue)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (!_leases.TryGetValue(lease, out var ended) || !isDue(ended))
                return;
            _leases.Remove(lease);
            ended.Timer.Dispose();
            var keys = _leaseOfKey.Where(pair => pair.Value == lease).Select(pair => pair.Key).ToList();
            if (keys.Count > 0)
                ApplyLocked(keys.ConvertAll(key => new StoreWrite(key, null)));
            changed = RenewSignalLocked();
        }

        changed.SetResult();
    }

    private bool AreLeasesAliveLocked(IEnumerable<StoreWrite> writes) => writes.All(write => write.Lease == 0 || _leases.ContainsKey(write.Lease));

    private void BindLocked(StoreWrite write)
    {
        if (write.Value is null || write.Lease == 0)
            _leaseOfKey.Remove(write.Key);
        else
            _leaseOfKey[write.Key] = write.Lease;
    }

    private void EndLeasesLocked()
    {
        foreach (var lease in _leases.Values)
            lease.Timer.Dispose();
        _leases.Clear();
    }

    private sealed class Lease(TimeSpan timeToLive, ITimer timer)
    {
        public TimeSpan TimeToLive => timeToLive;

        public ITimer Timer => timer;

        public required long RenewedAt { get; set; }
    }
}
