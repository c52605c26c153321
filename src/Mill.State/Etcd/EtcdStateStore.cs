using System.Runtime.CompilerServices;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// The state in an etcd cluster, through the JSON gateway that every member has. Commits are durable on more than half of the members; reads are by the word of
/// as many. <c>EtcdStateStore.Leases.cs</c> has the leases.
/// </summary>
public sealed partial class EtcdStateStore : IStateStore, ILeases
{
    private const int RequestMargin = 4096; // what a transaction holds besides its writes

    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly EtcdGateway _gateway;
    private readonly CancellationTokenSource _closed = new();
    private int _isClosed;

    /// <summary>Talks to nobody yet.</summary>
    public EtcdStateStore(EtcdOptions options, TimeProvider time)
    {
        (_options, _time, _gateway) = (options, time, new(options, time));
        Members = new(_gateway);
        Limits = new(options.MaxTransactionOperations, options.MaxRequestBytes - RequestMargin);
    }

    public string Engine => "etcd";

    public StoreLimits Limits { get; }

    /// <summary>Who makes up the cluster.</summary>
    public EtcdMembers Members { get; }

    internal EtcdGateway Gateway => _gateway;

    public async ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return await EtcdRevision.ReadAsync(_gateway, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return await new EtcdPages(_gateway, prefix).VisitAsync(visit, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (key.Length == 0) return null; // etcd has no such key, and would call it a mistake
        var reply = await _gateway.AskAsync(EtcdCalls.Range, new() { Key = EtcdKeys.Encode(key) }, cancellationToken).ConfigureAwait(false);
        return reply.Kvs is [var found] ? new StoreEntry(key, found.Value, found.ModRevision) : null;
    }

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        DemandFit(transaction);
        var request = new TransactionRequest
        {
            Compare = [.. transaction.Preconditions.Select(condition => new Compare { Key = EtcdKeys.Encode(condition.Key), ModRevision = condition.Revision })],
            Success = [.. transaction.Writes.Select(Operation)],
        };
        try
        {
            var reply = await _gateway.DoAsync(EtcdCalls.Transaction, request, cancellationToken).ConfigureAwait(false);
            return new(reply.Succeeded, reply.Header.Revision);
        }
        catch (MillException failure) when (EtcdFailure.IsFault(failure, EtcdFault.LeaseGone))
        {
            return new(Succeeded: false, await GetRevisionAsync(cancellationToken).ConfigureAwait(false));
        }
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        using var watch = new EtcdWatch(_gateway, _options, _time, prefix, afterRevision);
        while (true)
        {
            StoreEvent next;
            try
            {
                next = await watch.NextAsync(either.Token).ConfigureAwait(false);
            }
            catch (Exception) when (_closed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                yield break;
            }
            yield return next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0) return;
        await _closed.CancelAsync().ConfigureAwait(false);
        _gateway.Dispose();
        // _closed is left to the collector: watches may still look at it.
    }

    private static RequestOperation Operation(StoreWrite write)
    {
        var key = EtcdKeys.Encode(write.Key);
        return write.Value is { } value
            ? new() { RequestPut = new() { Key = key, Value = value, Lease = write.Lease } }
            : new() { RequestDeleteRange = new() { Key = key } };
    }

    private void DemandFit(StoreTransaction transaction)
    {
        var keys = new HashSet<string>(transaction.Writes.Count, StringComparer.Ordinal);
        var bytes = 0L;
        foreach (var write in transaction.Writes)
        {
            if (!keys.Add(write.Key)) throw new ArgumentException($"The key {write.Key} is written twice.", nameof(transaction));
            bytes += StoreLimits.SizeOf(write.Key, write.Value?.Length ?? 0);
        }
        var operations = Math.Max(transaction.Writes.Count, transaction.Preconditions.Count);
        if (operations <= Limits.Writes && bytes <= Limits.Bytes) return;
        throw new MillException(MillError.TooLarge, $"A commit of {operations} operations and {bytes} bytes is more than the store takes at once; nothing was written.")
        {
            Hint = $"Write it in several steps, of at most {Limits.Writes} operations and {Limits.Bytes} bytes each.",
        };
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosed) != 0, this);
}
