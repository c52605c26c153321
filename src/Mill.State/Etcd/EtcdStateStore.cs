using System.Runtime.CompilerServices;
using Google.Protobuf;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// The state in an etcd cluster. Commits are durable on more than half of the members; reads are by the word of
/// as many. <c>EtcdStateStore.Leases.cs</c> has the leases.
/// </summary>
public sealed partial class EtcdStateStore : IStateStore, ILeases
{
    private const int RequestMargin = 4096; // what a transaction holds besides its writes

    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly EtcdChannel _channel;
    private readonly CancellationTokenSource _closed = new();
    private int _isClosed;

    /// <summary>Talks to nobody yet.</summary>
    public EtcdStateStore(EtcdOptions options, TimeProvider time)
    {
        (_options, _time, _channel) = (options, time, new(options, time));
        Members = new(_channel);
        Limits = new(options.MaxTransactionOperations, options.MaxRequestBytes - RequestMargin);
    }

    public string Engine => "etcd";

    public StoreLimits Limits { get; }

    /// <summary>Who makes up the cluster.</summary>
    public EtcdMembers Members { get; }

    internal EtcdChannel Channel => _channel;

    public async ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return await EtcdRevision.ReadAsync(_channel, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return await new EtcdPages(_channel, prefix).VisitAsync(visit, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (key.Length == 0) return null; // etcd has no such key, and would call it a mistake
        var reply = await _channel.AskAsync(EtcdCalls.Range, new() { Key = ByteString.CopyFromUtf8(key) }, cancellationToken).ConfigureAwait(false);
        return reply.Kvs is [var found] ? new StoreEntry(key, found.Value.Memory, found.ModRevision) : null;
    }

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        DemandFit(transaction);
        var request = new TransactionRequest
        {
            Compare = { transaction.Preconditions.Select(Unchanged) },
            Success = { transaction.Writes.Select(Operation) },
        };
        try
        {
            var reply = await _channel.DoAsync(EtcdCalls.Transaction, request, cancellationToken).ConfigureAwait(false);
            return new(reply.Succeeded, reply.Header.Revision);
        }
        catch (MillException failure) when (EtcdFailure.IsFault(failure, EtcdFault.LeaseGone))
        {
            return new(Succeeded: false, await GetRevisionAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (MillException full) when (EtcdFailure.IsFault(full, EtcdFault.Full))
        {
            return await FindOutAsync(transaction, full, cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
        using var watch = new EtcdWatch(_channel, _options, _time, prefix, afterRevision);
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
        _channel.Dispose();
        // _closed is left to the collector: watches may still look at it.
    }

    /// <summary>
    /// What became of a commit that was answered with "database space exceeded". Mostly nothing; but the one commit that takes the database over its quota is
    /// refused and applied all the same (server/etcdserver/apply.go, quotaApplierV3). A key that it both expects and writes shows which it was.
    /// </summary>
    private async ValueTask<StoreCommit> FindOutAsync(StoreTransaction transaction, MillException full, CancellationToken cancellationToken)
    {
        foreach (var expected in transaction.Preconditions)
        {
            if (transaction.Writes.FirstOrDefault(write => write.Key == expected.Key && write.Value is not null) is not { Value: { } value }) continue;
            var found = await FindAsync(expected.Key, cancellationToken).ConfigureAwait(false);
            if ((found?.Revision ?? 0) == expected.Revision) throw full;
            if (found is { } entry && entry.Value.Span.SequenceEqual(value.Span)) return new(Succeeded: true, entry.Revision);
            break;
        }
        throw EtcdFailure.Unknown(full);
    }

    private static Compare Unchanged(StorePrecondition expected) =>
        new() { Key = ByteString.CopyFromUtf8(expected.Key), Target = Compare.Types.Target.Mod, Result = Compare.Types.Result.Equal, ModRevision = expected.Revision };

    private static RequestOperation Operation(StoreWrite write)
    {
        var key = ByteString.CopyFromUtf8(write.Key);
        return write.Value is { } value
            ? new() { RequestPut = new() { Key = key, Value = UnsafeByteOperations.UnsafeWrap(value), Lease = write.Lease } }
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
