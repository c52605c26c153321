using System.Collections.Concurrent;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Replica;

/// <summary>Reads the whole state from a store. While one thread reads, others decode: that is most of the work, and a start waits for it.</summary>
internal sealed class StateLoad : IDisposable
{
    private const int BatchCount = 64;
    private const int BatchSize = 1 << 18;
    private const int MaxDecoders = 4;

    private readonly ClusterStateLoader _loader = new();
    private readonly BlockingCollection<List<StoreEntry>> _queue = new(boundedCapacity: MaxDecoders * 2);
    private readonly Lock _lock = new();
    private List<StoreEntry> _batch = new(BatchCount);
    private int _batchSize;
    private long _headRevision;
    private long _fence;

    private StateLoad()
    {
    }

    public static async ValueTask<ClusterState> RunAsync(IStateStore store, CancellationToken cancellationToken)
    {
        using var load = new StateLoad();
        var decoders = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, MaxDecoders)).Select(_ => Start(load.DecodeAll)).ToArray();
        long revision;
        try
        {
            revision = await store.VisitAsync(RecordKey.Root, load.Add, cancellationToken).ConfigureAwait(false);
            load._queue.Add(load._batch, cancellationToken);
        }
        catch (InvalidOperationException) when (load._queue.IsAddingCompleted)
        {
            // A decoder gave up: it says below why.
            revision = 0;
        }
        finally
        {
            load._queue.CompleteAdding();
            await Task.WhenAll(decoders).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(decoders).ConfigureAwait(false);
        return load._loader.Build(revision) with { HeadRevision = load._headRevision, Fence = load._fence };
    }

    public void Dispose() => _queue.Dispose();

    private static Task Start(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Add(string key, ReadOnlySpan<byte> value, long revision)
    {
        _batch.Add(new(key, value.ToArray(), revision));
        _batchSize += value.Length;
        if (_batch.Count < BatchCount && _batchSize < BatchSize) return;
        _queue.Add(_batch);
        (_batch, _batchSize) = (new(BatchCount), 0);
    }

    private void DecodeAll()
    {
        try
        {
            foreach (var batch in _queue.GetConsumingEnumerable())
            {
                var decoded = batch.ConvertAll(Decode);
                lock (_lock) decoded.ForEach(AddLocked);
            }
        }
        catch
        {
            _queue.CompleteAdding(); // nobody may wait for a decoder that is gone
            throw;
        }
    }

    private static (RecordKey Key, StateRecord Record, long Revision) Decode(StoreEntry entry)
    {
        var key = ParseKey(entry.Key);
        return (key, RecordCodec.Decode(key, entry.Value.Span), entry.Revision);
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
