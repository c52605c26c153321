using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation;

/// <summary>A store that breaks one of its promises, now and then.</summary>
internal sealed class MutatedStore(IStateStore store, Mutation mutation) : IStateStore
{
    private int _count;

    public string Engine => store.Engine;

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => store.GetRevisionAsync(cancellationToken);

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken) => store.VisitAsync(prefix, visit, cancellationToken);

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken) => store.FindAsync(key, cancellationToken);

    public IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken) => store.WatchAsync(prefix, afterRevision, cancellationToken);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var isTurn = ++_count % 7 == 0;
        var writes = mutation switch
        {
            Mutation.DropAcknowledgedCommit when isTurn => transaction.Writes.Where(write => write.Key == new HeadKey().ToString()),
            Mutation.TearCommit when isTurn => transaction.Writes.Take(transaction.Writes.Count / 2).Append(transaction.Writes[^1]).DistinctBy(write => write.Key),
            Mutation.ForgetIdempotency => transaction.Writes.Where(write => !write.Key.Contains("/idempotency/", StringComparison.Ordinal)),
            Mutation.KeepVersionCurrent => transaction.Writes.Where(write => Version(write) is not { State: VersionState.Superseded }),
            Mutation.HideDestroyedKey => transaction.Writes.Where(write => Version(write) is not { State: VersionState.Destroyed }),
            Mutation.TurnBackHead => transaction.Writes.Select(TurnBack),
            Mutation.RewriteOldVersion when isTurn => transaction.Writes.Select(Rewrite),
            _ => transaction.Writes,
        };
        return await store.CommitAsync(transaction with { Writes = [.. writes] }, cancellationToken);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private static SecretVersion? Version(StoreWrite write) =>
        RecordKey.Parse(write.Key) is SecretVersionKey key && write.Value is { } value ? (SecretVersion)RecordCodec.Decode(key, value.Span) : null;

    private static StoreWrite TurnBack(StoreWrite write) =>
        write.Key == new HeadKey().ToString() && RecordCodec.Decode(new HeadKey(), write.Value!.Value.Span) is HeadRecord head
            ? new(write.Key, RecordCodec.Encode(head with { CommitTime = head.CommitTime - TimeSpan.FromHours(2) })) : write;

    private static StoreWrite Rewrite(StoreWrite write) =>
        Version(write) is { } version ? new(write.Key, RecordCodec.Encode(version with { RequestId = "another" })) : write;
}
