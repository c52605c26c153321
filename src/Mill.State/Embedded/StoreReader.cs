using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Reads the store, and believes no row without its checksum. Damage is StorageDamaged, naming the file and the key where there is one.</summary>
internal sealed class StoreReader(SqliteConnection connection, string path) : IDisposable
{
    private const string Columns = "SELECT id, key, value, revision, checksum FROM records";

    private readonly SqliteStatement _head = connection.Prepare("SELECT revision, count, digest, checksum, format FROM store WHERE id = 1");
    private readonly SqliteStatement _rows = connection.Prepare($"{Columns} ORDER BY id");
    private readonly SqliteStatement _row = connection.Prepare($"{Columns} WHERE key = ?1");
    private readonly SqliteStatement _keys = connection.Prepare("SELECT id, key FROM records INDEXED BY records_by_key ORDER BY key");

    private delegate void RowVisitor(Row row);

    /// <summary>Looks at every row and every entry of the index, and returns the head they add up to. What it shows is believed only when it returns.</summary>
    public StoreHead Verify(StoreVisitor? visit) => AtOneRevision(() =>
    {
        var head = ReadHead();
        var sum = new StoreHead(head.Revision, 0, UInt128.Zero);
        var keys = default(KeySum);
        VisitRows(head.Revision, row =>
        {
            sum = sum.With(row.Checksum);
            keys = keys.With(row.Id, row.Key);
            visit?.Invoke(KeyText.Decode(row.Key), row.Value, row.Revision);
        });
        if (sum != head)
            throw StorageFailure.Damaged(path, $"{head.Count} records were written and {sum.Count} are found, or they are not the same ones.");
        return SumOfIndex() == keys ? head : throw Misled();
    });

    /// <summary>Shows the rows under a prefix, in the order they stand in, and returns the revision they are of. It looks at the whole table.</summary>
    public long Visit(string prefix, StoreVisitor visit, CancellationToken cancellationToken) => AtOneRevision(() =>
    {
        var head = ReadHead();
        var start = KeyText.Encode(prefix);
        VisitRows(head.Revision, row =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (row.Key.StartsWith(start))
                visit(KeyText.Decode(row.Key), row.Value, row.Revision);
        });
        return head.Revision;
    });

    public StoreEntry? Find(string key) => AtOneRevision<StoreEntry?>(() =>
    {
        var head = ReadHead();
        var wanted = KeyText.Encode(key);
        _row.BindText(1, wanted);
        if (!_row.Step())
            return null;
        var row = ReadRow(_row, head.Revision);
        return row.Key.SequenceEqual(wanted) ? new(key, row.Value.ToArray(), row.Revision) : throw Misled();
    });

    public void Dispose()
    {
        foreach (var statement in new[] { _head, _rows, _row, _keys })
            statement.Dispose();
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
            foreach (var statement in new[] { _head, _rows, _row, _keys })
                statement.Reset();
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

    private void VisitRows(long revision, RowVisitor visit)
    {
        var last = long.MinValue;
        while (_rows.Step())
        {
            // Pages that lead back to where they came from would be walked for ever.
            var row = ReadRow(_rows, revision);
            if (row.Id <= last)
                throw StorageFailure.Damaged(path, $"the record {Printable(row.Key)} stands in the wrong place.");
            last = row.Id;
            visit(row);
        }
    }

    private Row ReadRow(SqliteStatement statement, long revision)
    {
        // A key that became a blob has the same bytes, and is not found by its text.
        var isText = statement.IsText(1);
        var row = new Row(statement.Integer(0), statement.Bytes(1), statement.Bytes(2), statement.Integer(3), statement.Number(4));
        return isText && row.Revision <= revision && RowChecksum.Of(row.Key, row.Revision, row.Value) == row.Checksum
            ? row
            : throw StorageFailure.Damaged(path, $"the record {Printable(row.Key)} is not what was written.");
    }

    private KeySum SumOfIndex()
    {
        var sum = default(KeySum);
        byte[] previous = [];
        var previousLength = -1;
        while (_keys.Step())
        {
            // A search would miss a key that stands in the wrong place, or is no text any more.
            var isText = _keys.IsText(1);
            var key = _keys.Bytes(1);
            if (!isText || (previousLength >= 0 && previous.AsSpan(0, previousLength).SequenceCompareTo(key) >= 0))
                throw StorageFailure.Damaged(path, $"the key {Printable(key)} stands in the wrong place.");

            if (previous.Length < key.Length)
                previous = new byte[key.Length * 2];
            key.CopyTo(previous);
            previousLength = key.Length;
            sum = sum.With(_keys.Integer(0), key);
        }

        return sum;
    }

    private MillException Misled() => StorageFailure.Damaged(path, "its index does not lead to the records.");

    // What failed its checksum may be anything, so only what looks like a key is repeated.
    private static string Printable(ReadOnlySpan<byte> key)
        => key.Length is > 0 and <= 512 && key.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0 ? System.Text.Encoding.ASCII.GetString(key) : "with an unreadable key";

    /// <summary>A row as SQLite lends it, until the next step.</summary>
    private readonly ref struct Row(long id, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long revision, UInt128 checksum)
    {
        public readonly long Id = id;
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly ReadOnlySpan<byte> Value = value;
        public readonly long Revision = revision;
        public readonly UInt128 Checksum = checksum;
    }
}
