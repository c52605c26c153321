using System.Security.Cryptography;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Restores;

/// <summary>
/// Writes a backup into a store that holds nothing, in transactions that every engine takes. From the first to the last but one a marker stands in the store, which
/// no loader
/// accepts; each requires the marker that the one before wrote, so that two restores never mix. What makes the store a cluster's, and usable, comes with the last.
/// </summary>
/// <remarks>
/// 1. put the marker, if there is none, or take over the one of a restore that did not end;
/// 2. delete what that one left;
/// 3. put the entries, some at a time, and the marker with each;
/// 4. once the end of the backup was read and fits: put cluster and head, delete the marker.
/// </remarks>
public sealed class StoreRestore
{
    // etcd takes no more than 1024 operations and 1.5 MiB in one transaction, as it is usually set up.
    internal const int MaxWrites = 500;
    internal const int MaxBytes = 1 << 20;

    private static readonly string Marker = new RestoreKey().ToString();
    private static readonly string Head = new HeadKey().ToString();
    private static readonly string Cluster = new ClusterKey().ToString();

    private readonly IStateStore _store;
    private readonly BackupReader _backup;
    private readonly Func<CancellationToken, Task>? _makeRoom;
    private readonly string _attempt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly List<StoreWrite> _writes = [];
    private int _size;
    private long _written;
    private long _markerRevision;

    private StoreRestore(IStateStore store, BackupReader backup, Func<CancellationToken, Task>? makeRoom) => (_store, _backup, _makeRoom) = (store, backup, makeRoom);

    /// <summary>
    /// Restores a backup that was checked before, from its first entry on. Throws <see cref="MillError.PreconditionFailed"/> for a store that is not empty, and for
    /// one that somebody
    /// else writes to. However it fails, the store is left empty, or marked as half restored; another run begins anew.
    /// </summary>
    /// <param name="makeRoom">Called where the store is full; it goes on once that returns. Null where nothing can be done about it.</param>
    public static Task RunAsync(IStateStore store, BackupReader backup, Func<CancellationToken, Task>? makeRoom, CancellationToken cancellationToken) =>
        new StoreRestore(store, backup, makeRoom).RunAsync(cancellationToken);

    /// <summary>As the other, in a store that makes room by itself or not at all.</summary>
    public static Task RunAsync(IStateStore store, BackupReader backup, CancellationToken cancellationToken) => RunAsync(store, backup, makeRoom: null, cancellationToken);

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        await ClearAsync(cancellationToken).ConfigureAwait(false);
        StoreWrite? cluster = null;
        await foreach (var (key, value) in _backup.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var write = new StoreWrite(key, value.ToArray());
            if (key == Cluster) cluster = write;
            else await AddAsync(write, cancellationToken).ConfigureAwait(false);
        }
        await CommitAsync(cancellationToken).ConfigureAwait(false);
        await EndAsync(cluster ?? throw _backup.Rejected("the record that says which cluster this is is missing"), cancellationToken).ConfigureAwait(false);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (await _store.FindAsync(Marker, cancellationToken).ConfigureAwait(false) is { } left) _markerRevision = left.Revision;
        else await _store.VisitAsync(RecordKey.Root, static (_, _, _) => throw NotEmpty(), cancellationToken).ConfigureAwait(false);
        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what another restore left. Ours is the marker now, so it cannot put back anything.</summary>
    private async Task ClearAsync(CancellationToken cancellationToken)
    {
        var left = new List<string>();
        await _store.VisitAsync(RecordKey.Root, (key, _, _) => left.Add(key), cancellationToken).ConfigureAwait(false);
        left.Remove(Marker);
        foreach (var some in left.Chunk(MaxWrites))
        {
            _writes.AddRange(some.Select(key => new StoreWrite(key, (byte[]?)null)));
            await CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AddAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        var size = write.Key.Length + write.Value!.Value.Length;
        if (_writes.Count == MaxWrites || (_writes.Count > 0 && _size + size > MaxBytes)) await CommitAsync(cancellationToken).ConfigureAwait(false);
        _writes.Add(write);
        _size += size;
        _written++;
    }

    /// <summary>Commits what was gathered, and the marker.</summary>
    private Task CommitAsync(CancellationToken cancellationToken)
    {
        var marker = new RestoreRecord { Attempt = _attempt, ClusterId = _backup.Header.ClusterId, Revision = _backup.Header.Revision, Written = _written };
        _writes.Add(new(Marker, RecordCodec.Encode(marker)));
        return CommitWritesAsync(cancellationToken);
    }

    private Task EndAsync(StoreWrite cluster, CancellationToken cancellationToken)
    {
        var head = new HeadRecord { Batch = _attempt, CommitTime = _backup.Header.CommitTime };
        _writes.AddRange([cluster, new(Head, RecordCodec.Encode(head)), new(Marker, (byte[]?)null)]);
        return CommitWritesAsync(cancellationToken);
    }

    private async Task CommitWritesAsync(CancellationToken cancellationToken)
    {
        // Head and cluster are what a server writes first: where they appear, one has begun to use this store.
        var transaction = new StoreTransaction([new(Marker, _markerRevision), new(Head, 0), new(Cluster, 0)], [.. _writes]);
        var commit = await CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
        if (!commit.Succeeded) throw Disturbed();
        _markerRevision = commit.Revision;
        _writes.Clear();
        _size = 0;
    }

    private async Task<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _store.CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e) when (e.Error is MillError.StorageFull && _makeRoom is not null)
            {
                await _makeRoom(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static MillException NotEmpty() => new(MillError.PreconditionFailed, "The store is not empty: a backup is restored into an empty one only.")
    {
        Hint = "Restore into another place, or take away what is there. If a restore was interrupted at its very end, this is a whole store: mill dev can open it.",
    };

    private static MillException Disturbed() => new(MillError.PreconditionFailed, "Somebody else writes to the store: nothing may use it while a backup is restored.")
    {
        Hint = "Stop every server and every other restore of this store, and begin again.",
    };
}
