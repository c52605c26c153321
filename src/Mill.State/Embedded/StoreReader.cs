using Mill.Core.Ports;
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

    /// <summary>Looks at every row and every entry of the index, and returns the head they add up to.</summary>
    public StoreHead Verify() => AtOneRevision(() =>
    {
        var head = ReadHead();
        var sum = new StoreHead(head.Revision, 0, UInt128.Zero);
        var keys = default(KeySum);
        VisitRows(head.Revision, row =>
        {
            sum = sum.With(row.Checksum);
            keys = keys.With(row.Id, row.Key);
        });
        if (sum != head)
            throw StorageFailure.Damaged(path, $"{head.Count} records were written and {sum.Count} are found, or they are not the same ones.");
        return SumOfIndex() == keys ? head : throw StorageFailure.Damaged(path, "its index does not lead to the records.");
    });

    /// <summary>Shows the rows under a prefix, in the order they came in, and returns the revision they are of.</summary>
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
        _row.BindText(1, KeyText.Encode(key));
        if (!_row.Step())
            return null;
        var row = ReadRow(_row, head.Revision);
        return new(key, row.Value.ToArray(), row.Revision);
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
        while (_rows.Step())
            visit(ReadRow(_rows, revision));
    }

    private Row ReadRow(SqliteStatement statement, long revision)
    {
        var row = new Row(statement.Integer(0), statement.Bytes(1), statement.Bytes(2), statement.Integer(3), statement.Number(4));
        return row.Revision <= revision && RowChecksum.Of(row.Key, row.Revision, row.Value) == row.Checksum
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
            // A search would miss a key that stands in the wrong place.
            var key = _keys.Bytes(1);
            if (previousLength >= 0 && previous.AsSpan(0, previousLength).SequenceCompareTo(key) >= 0)
                throw StorageFailure.Damaged(path, $"the key {Printable(key)} stands in the wrong place.");

            if (previous.Length < key.Length)
                previous = new byte[key.Length * 2];
            key.CopyTo(previous);
            previousLength = key.Length;
            sum = sum.With(_keys.Integer(0), key);
        }

        return sum;
    }

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
