using System.Text;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>
/// The durable home of the replicated state: keys and values with one revision number. Every commit that puts a key, or deletes one that is there, raises it by
/// at least one; a commit that changes nothing may leave it as it is. A commit that returned is durable, and is seen by every read and watch that starts afterwards.
/// </summary>
/// <remarks>
/// Failures are <see cref="MillException"/>: <see cref="MillError.OutcomeUnknown"/> where a commit may or may not have happened,
/// <see cref="MillError.StorageFull"/> where nothing was written and space is missing, <see cref="MillError.TooLarge"/> where nothing was written because it is
/// beyond <see cref="Limits"/>, <see cref="MillError.NoQuorum"/> where too few members answer, and nothing was written, <see cref="MillError.StorageDamaged"/>
/// where what is stored is not what was written, and <see cref="MillError.StorageUnavailable"/> for all else.
/// </remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>What this engine is called in status and metrics.</summary>
    string Engine { get; }

    /// <summary>What fits into one commit.</summary>
    StoreLimits Limits => StoreLimits.None;

    /// <summary>
    /// The revision of the latest commit, by the word of a quorum. An empty store may stand at any revision, and whoever shares the store may raise it:
    /// only the order of revisions means something.
    /// </summary>
    ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Shows everything under a prefix, at one revision and in any order, and returns that revision. Entries are shown one by one, so that a large store
    /// is never in memory twice. What the visitor throws comes through.
    /// </summary>
    ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken);

    /// <summary>One entry, or null where there is none.</summary>
    ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Applies all changes at one new revision, or none of them. A failed precondition is an answer, not an exception, and so is a lease that is gone.
    /// Cancelling stops the waiting, not necessarily the commit: <see cref="MillError.OutcomeUnknown"/> says so.
    /// </summary>
    ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Every commit after a revision, in order, each whole, without gaps; goes on until cancelled.
    /// Throws <see cref="WatchCompactedException"/> where the commits after that revision are no longer known: read everything again, then watch from there.
    /// </summary>
    IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken);
}

/// <summary>What one commit may hold. A store may refuse what is beyond it.</summary>
/// <param name="Writes">How many writes, and how many preconditions.</param>
/// <param name="Bytes">The sum of <see cref="SizeOf"/> over its writes.</param>
public readonly record struct StoreLimits(int Writes, long Bytes)
{
    private const int Overhead = 64; // what a store adds to a key and a value: lengths, kinds, a lease

    /// <summary>No limit but memory.</summary>
    public static StoreLimits None { get; } = new(int.MaxValue, long.MaxValue);

    /// <summary>What a write counts for, in bytes; never less than what a store makes of it.</summary>
    public static long SizeOf(string key, int valueLength) => Encoding.UTF8.GetByteCount(key) + valueLength + Overhead;
}

/// <summary>Looks at one entry. The value is only there during the call. It must not call the store.</summary>
public delegate void StoreVisitor(string key, ReadOnlySpan<byte> value, long revision);

/// <summary>One stored value and the revision that wrote it.</summary>
public readonly record struct StoreEntry(string Key, ReadOnlyMemory<byte> Value, long Revision);

/// <summary>A value to put, or null to delete. Deleting what is not there is no error.</summary>
public readonly record struct StoreWrite(string Key, ReadOnlyMemory<byte>? Value)
{
    // Without this, a null array would silently become an empty value, and a delete a put: that is how arrays turn into memory.
    public StoreWrite(string key, byte[]? value)
        : this(key, value is null ? (ReadOnlyMemory<byte>?)null : value)
    {
    }

    /// <summary>The lease of <see cref="ILeases"/> that the key vanishes with; zero for none. A later write replaces it, as it replaces the value.</summary>
    public long Lease { get; init; }
}

/// <summary>Holds if <paramref name="Key"/> was last written at <paramref name="Revision"/>; zero means that it must not exist.</summary>
public readonly record struct StorePrecondition(string Key, long Revision);

/// <summary>Writes that happen together. No key may stand in it twice.</summary>
public sealed record StoreTransaction(IReadOnlyList<StorePrecondition> Preconditions, IReadOnlyList<StoreWrite> Writes)
{
    /// <summary>What these writes replace must leave the storage, as far as the engine can see to it: it held a key that was destroyed.</summary>
    public bool Scrub { get; init; }
}

/// <summary>The outcome of a commit: the revision it made, or, where a precondition failed, the store's current one.</summary>
public readonly record struct StoreCommit(bool Succeeded, long Revision);

/// <summary>The writes of one commit that lie under the watched prefix.</summary>
public sealed record StoreEvent(long Revision, IReadOnlyList<StoreWrite> Writes);

/// <summary>The commits after the asked revision are no longer known one by one.</summary>
public sealed class WatchCompactedException(long oldestKnown) : Exception($"Commits up to revision {oldestKnown} are no longer known one by one.")
{
    /// <summary>A watch may start after this revision or later.</summary>
    public long OldestKnown { get; } = oldestKnown;
}
