using Mill.Core.Ports;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Carries one transaction out. Failures are <see cref="SqliteException"/>, those of the COMMIT itself <see cref="CommitFailedException"/>.</summary>
internal sealed class StoreWriter(SqliteConnection connection, string path, StoreHead head) : IDisposable
{
    private readonly SqliteStatement _begin = connection.Prepare("BEGIN IMMEDIATE");
    private readonly SqliteStatement _commit = connection.Prepare("COMMIT");
    private readonly SqliteStatement _rollback = connection.Prepare("ROLLBACK");
    private readonly SqliteStatement _find = connection.Prepare("SELECT id, revision, checksum, key FROM records WHERE key = ?1");
    private readonly SqliteStatement _add = connection.Prepare("INSERT INTO records (key, value, revision, checksum) VALUES (?1, ?2, ?3, ?4)");
    private readonly SqliteStatement _replace = connection.Prepare("UPDATE records SET value = ?2, revision = ?3, checksum = ?4 WHERE id = ?1");
    private readonly SqliteStatement _delete = connection.Prepare("DELETE FROM records WHERE id = ?1");

    private readonly SqliteStatement _save = connection.Prepare(
        "UPDATE store SET revision = ?1, count = ?2, digest = ?3, checksum = ?4 WHERE id = 1 AND revision = ?5 RETURNING id");

    /// <summary>The store as of the last commit that is known to be durable.</summary>
    public StoreHead Head { get; private set; } = head;

    /// <summary>Why a transaction could not be ended, or null. Nothing more may be written then.</summary>
    public SqliteException? RollbackFailure { get; private set; }

    /// <summary>The event this transaction made, or null if a precondition failed.</summary>
    public StoreEvent? Commit(StoreTransaction transaction)
    {
        _begin.Run();
        try
        {
            if (!Holds(transaction.Preconditions))
                return null;

            var (next, changes) = Apply(transaction.Writes);
            Save(next);
            Finish();
            Head = next;
            return new StoreEvent(next.Revision, changes);
        }
        finally
        {
            RollBack();
        }
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _begin, _commit, _rollback, _find, _add, _replace, _delete, _save })
            statement.Dispose();
    }

    // It throws nothing: what happened to the COMMIT before must reach the caller, above all that it is uncertain.
    private void RollBack()
    {
        try
        {
            if (connection.IsInTransaction) // some failures end the transaction by themselves
                _rollback.Run();
        }
        catch (SqliteException failure)
        {
            RollbackFailure = failure;
        }
    }

    private bool Holds(IReadOnlyList<StorePrecondition> preconditions)
    {
        foreach (var (key, revision) in preconditions)
        {
            if ((Find(KeyText.Encode(key))?.Revision ?? 0) != revision)
                return false;
        }

        return true;
    }

    private (StoreHead Next, IReadOnlyList<StoreWrite> Changes) Apply(IReadOnlyList<StoreWrite> writes)
    {
        var next = Head with { Revision = Head.Revision + 1 };
        var changes = new List<StoreWrite>(writes.Count);
        foreach (var write in writes)
        {
            var key = KeyText.Encode(write.Key);
            var found = Find(key);
            if (found is { } replaced)
                next = next.Without(replaced.Checksum);

            if (write.Value is { } value)
                next = next.With(Put(found?.Id, key, next.Revision, value.Span));
            else if (found is { } deleted)
                Delete(deleted.Id);
            else
                continue; // deleting what is not there changes nothing, and no watcher hears of it
            changes.Add(write);
        }

        return (next, changes);
    }

    private (long Id, long Revision, UInt128 Checksum)? Find(byte[] key)
    {
        _find.BindText(1, key);
        try
        {
            if (!_find.Step())
                return null;

            // The row itself is asked too: an index that leads to another row must not get that one replaced.
            return _find.Bytes(3).SequenceEqual(key)
                ? (_find.Integer(0), _find.Integer(1), _find.Number(2))
                : throw StorageFailure.Damaged(path, "its index does not lead to the records.");
        }
        finally
        {
            _find.Reset();
        }
    }

    private UInt128 Put(long? id, byte[] key, long revision, ReadOnlySpan<byte> value)
    {
        var checksum = RowChecksum.Of(key, revision, value);
        var statement = id is null ? _add : _replace;
        if (id is { } place)
            statement.Bind(1, place);
        else
            statement.BindText(1, key);
        statement.BindText(2, value);
        statement.Bind(3, revision);
        statement.Bind(4, checksum);
        statement.Run();
        return checksum;
    }

    private void Delete(long id)
    {
        _delete.Bind(1, id);
        _delete.Run();
    }

    private void Save(StoreHead next)
    {
        _save.Bind(1, next.Revision);
        _save.Bind(2, next.Count);
        _save.Bind(3, next.Digest);
        _save.Bind(4, next.Checksum);
        _save.Bind(5, Head.Revision);
        var saved = _save.Step();
        _save.Run();
        if (!saved)
            throw StorageFailure.Damaged(path, "another program changed it while it was in use.");
    }

    private void Finish()
    {
        try
        {
            _commit.Run();
        }
        catch (SqliteException failure)
        {
            throw new CommitFailedException(failure);
        }
    }
}
