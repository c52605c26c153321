using System.Collections.Concurrent;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Replica;

/// <summary>
/// Reads the whole state from a store. While one thread reads, others decode: that is most of the work, and a start waits for it. What is little is decoded by who has read it.
/// </summary>
internal sealed class StateLoad : IDisposable
{
    private const int MaxDecoders = 4;

    /// <summary>Up to so many batches, threads would take longer to start than to do the work.</summary>
    private const int FewBatches = 16;

    private readonly ClusterStateLoader _loader = new();
    private readonly BlockingCollection<LoadBatch> _queue = new(boundedCapacity: MaxDecoders * 2);
    private readonly Lock _lock = new();
    private readonly List<LoadBatch> _few = [];
    private Task[] _decoders = [];
    private LoadBatch _batch = new([]);
    private long _headRevision;
    private long _fence;

    private StateLoad()
    {
    }

    public static ValueTask<ClusterState> RunAsync(IStateStore store, CancellationToken cancellationToken) =>
        RunAsync(visit => store.VisitAsync(RecordKey.Root, visit, cancellationToken), cancellationToken);

    /// <param name="visitAll">Shows everything, and returns the revision that it is of.</param>
    public static async ValueTask<ClusterState> RunAsync(Func<StoreVisitor, ValueTask<long>> visitAll, CancellationToken cancellationToken)
    {
        using var load = new StateLoad();
        long revision;
        try
        {
            revision = await visitAll(load.Add).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            load.Pass(load._batch);
        }
        catch (InvalidOperationException) when (load._queue.IsAddingCompleted)
        {
            // A decoder gave up: it says below why.
            revision = 0;
        }
        finally
        {
            load._queue.CompleteAdding();
            await Task.WhenAll(load._decoders).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(load._decoders).ConfigureAwait(false);
        load._few.ForEach(load.Decode);
        return load._loader.Build(revision) with { HeadRevision = load._headRevision, Fence = load._fence };
    }

    public void Dispose() => _queue.Dispose();

    private static Task Start(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Add(string key, ReadOnlySpan<byte> value, long revision)
    {
        if (_batch.TryAdd(key, value, revision)) return;
        Pass(_batch);
        _batch = new(value);
        _batch.TryAdd(key, value, revision);
    }

    private void Pass(LoadBatch batch)
    {
        if (_decoders.Length > 0)
        {
            _queue.Add(batch);
            return;
        }
        _few.Add(batch);
        if (_few.Count <= FewBatches) return;
        _decoders = [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, MaxDecoders)).Select(_ => Start(DecodeAll))];
        _few.ForEach(_queue.Add);
        _few.Clear();
    }

    private void DecodeAll()
    {
        try
        {
            foreach (var batch in _queue.GetConsumingEnumerable()) Decode(batch);
        }
        catch
        {
            _queue.CompleteAdding(); // nobody may wait for a decoder that is gone
            throw;
        }
    }

    private void Decode(LoadBatch batch)
    {
        var decoded = new List<(RecordKey Key, StateRecord Record, long Revision)>(LoadBatch.MaxCount);
        using (batch) batch.Visit((key, value, revision) => decoded.Add(Decode(key, value, revision)));
        lock (_lock) decoded.ForEach(AddLocked);
    }

    private static (RecordKey Key, StateRecord Record, long Revision) Decode(string storeKey, ReadOnlySpan<byte> value, long revision)
    {
        var key = ParseKey(storeKey);
        return (key, RecordCodec.Decode(key, value), revision);
    }

    private void AddLocked((RecordKey Key, StateRecord Record, long Revision) entry)
    {
        if (entry.Key is HeadKey) _headRevision = entry.Revision;
        if (entry.Key is LeaderKey) _fence = entry.Revision;
        _loader.Add(entry.Key, entry.Record);
    }

    /// <summary>Throws <see cref="MillError.LaterFormat"/> for a key that no record has in this version of Mill: nobody else writes there.</summary>
    public static RecordKey ParseKey(string key)
    {
        try
        {
            return RecordKey.Parse(key);
        }
        catch (FormatException e)
        {
            throw RecordFormat.Later(e.Message, e);
        }
    }
}
