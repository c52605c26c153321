using Mill.Core.Ports;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Reads the store, and believes no row without its checksum. Damage is StorageDamaged, naming the file and the key where there is one.</summary>
internal sealed class StoreReader(SqliteConnection connection, string path) : IDisposable
{
    private readonly SqliteStatement _head = connection.Prepare("SELECT revision, count, digest, checksum, format FROM store WHERE id = 1");

    // The end is a blob for "no end": blobs sort after every text.
    private readonly SqliteStatement _rows = connection.Prepare("SELECT key, value, revision, checksum FROM records WHERE key >= ?1 AND key < ?2 ORDER BY key");

    private delegate void RowVisitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long revision, UInt128 checksum);

    /// <summary>Looks at every row, and returns the head they add up to.</summary>
    public StoreHead Verify() => AtOneRevision(() =>
    {
        var head = ReadHead();
        var sum = new StoreHead(head.Revision, 0, UInt128.Zero);
        VisitRows([], head.Revision, (_, _, _, checksum) => sum = sum.With(checksum));
        return sum == head ? head : throw StorageFailure.Damaged(path, $"{head.Count} records were written and {sum.Count} are found, or they are not the same ones.");
    });

    /// <summary>Shows the rows under a prefix, and returns the revision they are of.</summary>
    public long Visit(string prefix, StoreVisitor visit, CancellationToken cancellationToken) => AtOneRevision(() =>
    {
        var head = ReadHead();
        VisitRows(KeyText.Encode(prefix), head.Revision, (key, value, revision, _) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            visit(KeyText.Decode(key), value, revision);
        });
        return head.Revision;
    });

    public void Dispose()
    {
        _head.Dispose();
        _rows.Dispose();
    }

    private T AtOneRevision<T>(Func<T> read)
    {
        connection.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            _head.Reset();
            _rows.Reset();
            if (connection.IsInTransaction)
                connection.Execute("ROLLBACK"); // nothing was written; this only lets go of the snapshot
        }
    }

    private StoreHead ReadHead()
    {
        if (!_head.Step())
            throw StorageFailure.Damaged(path, "its revision is missing.");

        var head = new StoreHead(_head.Integer(0), _head.Integer(1), _head.Number(2));
        var intact = _head.Number(3) == head.Checksum && _head.Integer(4) == StoreSchema.Format;
        _head.Reset();
        return intact ? head : throw StorageFailure.Damaged(path, "its revision is not the one that was written.");
    }

    private void VisitRows(byte[] prefix, long revision, RowVisitor visit)
    {
        _rows.BindText(1, prefix);
        if (KeyText.After(prefix) is { Length: > 0 } end)
            _rows.BindText(2, end);
        else
            _rows.BindBlob(2, []);

        byte[] previous = [];
        var previousLength = -1;
        while (_rows.Step())
        {
            var key = _rows.Bytes(0);
            var value = _rows.Bytes(1);
            var written = _rows.Integer(2);
            var checksum = _rows.Number(3);
            if (written > revision || RowChecksum.Of(key, written, value) != checksum)
                throw StorageFailure.Damaged(path, $"the record {Printable(key)} is not what was written.");

            // The order of the rows is the index: a search would miss a record that stands in the wrong place.
            if (previousLength >= 0 && previous.AsSpan(0, previousLength).SequenceCompareTo(key) >= 0)
                throw StorageFailure.Damaged(path, $"the record {Printable(key)} stands in the wrong place.");

            if (previous.Length < key.Length)
                previous = new byte[key.Length * 2];
            key.CopyTo(previous);
            previousLength = key.Length;
            visit(key, value, written, checksum);
        }
    }

    // What failed its checksum may be anything, so only what looks like a key is repeated.
    private static string Printable(ReadOnlySpan<byte> key)
        => key.Length is > 0 and <= 512 && key.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0 ? System.Text.Encoding.ASCII.GetString(key) : "with an unreadable key";
}
