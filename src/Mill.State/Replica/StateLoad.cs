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
        var snapshot = await store.ReadAsync(RecordKey.Root, cancellationToken).ConfigureAwait(false);
        var loader = new ClusterStateLoader();
        var head = 0L;
        foreach (var entry in snapshot.Entries)
        {
            var key = ParseKey(entry.Key);
            if (key is HeadKey) head = entry.Revision;
            loader.Add(key, RecordCodec.Decode(key, entry.Value.Span));
        }
        return (loader.Build(snapshot.Revision), head);
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
