using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Replica;

/// <summary>Reads the whole state from a store.</summary>
internal static class StateLoad
{
    /// <summary>The state and the revision of its head record, which the next commit must find unchanged.</summary>
    public static async ValueTask<(ClusterState State, long HeadRevision)> RunAsync(IStateStore store, CancellationToken cancellationToken)
    {
        var loader = new ClusterStateLoader();
        var head = 0L;
        var revision = await store.VisitAsync(RecordKey.Root, Add, cancellationToken).ConfigureAwait(false);
        return (loader.Build(revision), head);

        void Add(string storeKey, ReadOnlySpan<byte> value, long written)
        {
            var key = ParseKey(storeKey);
            if (key is HeadKey) head = written;
            loader.Add(key, RecordCodec.Decode(key, value));
        }
    }

    private static RecordKey ParseKey(string key)
    {
        try
        {
            return RecordKey.Parse(key);
        }
        catch (FormatException e)
        {
            throw new MillException(MillError.StorageDamaged, e.Message, e) { Hint = "Was this written by a later version of Mill? If not, restore from a backup." };
        }
    }
}
