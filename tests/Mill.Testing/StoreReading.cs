using Mill.Core.Ports;

namespace Mill.Testing;

/// <summary>Entries under a prefix, in ordinal key order, all as of one revision.</summary>
public sealed record StoreSnapshot(long Revision, IReadOnlyList<StoreEntry> Entries);

/// <summary>Reading what is known to be small.</summary>
public static class StoreReading
{
    /// <summary>Keeps everything under a prefix.</summary>
    public static async ValueTask<StoreSnapshot> ReadAsync(this IStateStore store, string prefix, CancellationToken cancellationToken)
    {
        var entries = new List<StoreEntry>();
        var revision = await store.VisitAsync(prefix, (key, value, written) => entries.Add(new(key, value.ToArray(), written)), cancellationToken);
        return new(revision, [.. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)]);
    }
}
