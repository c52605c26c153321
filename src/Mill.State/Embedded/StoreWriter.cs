using Mill.Core.Ports;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Carries one transaction out. Failures are <see cref="SqliteException"/>, those of the COMMIT itself <see cref="CommitFailedException"/>.</summary>
internal sealed class StoreWriter(SqliteConnection connection, string path, StoreHead head) : IDisposable
{
    private readonly SqliteStatement _begin = connection.Prepare("BEGIN IMMEDIATE");
    private readonly SqliteStatement _commit = connection.Prepare("COMMIT");
    private readonly SqliteStatement _rollback = connection.Prepare("ROLLBACK");
    private readonly SqliteStatement _find = connection.Prepare("SELECT revision, checksum FROM records WHERE key = ?1");
    private readonly SqliteStatement _delete = connection.Prepare("DELETE FROM records WHERE key = ?1");

    private readonly SqliteStatement _put = connection.Prepare(
        "INSERT INTO records VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision, checksum = excluded.checksum");

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
        foreach (var statement in new[] { _begin, _commit, _rollback, _find, _delete, _put, _save })
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
            if (Find(KeyText.Encode(key)).Revision != revision)
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
            var (replaced, checksum) = Find(key);
            if (replaced != 0)
                next = next.Without(checksum);

            if (write.Value is { } value)
                next = next.With(Put(key, next.Revision, value.Span));
            else if (replaced != 0)
                Delete(key);
            else
                continue; // deleting what is not there changes nothing, and no watcher hears of it
            changes.Add(write);
        }

        return (next, changes);
    }

    private (long Revision, UInt128 Checksum) Find(byte[] key)
    {
        _find.BindText(1, key);
        var found = _find.Step() ? (_find.Integer(0), _find.Number(1)) : default;
        _find.Reset();
        return found;
    }

    private UInt128 Put(byte[] key, long revision, ReadOnlySpan<byte> value)
    {
        var checksum = RowChecksum.Of(key, revision, value);
        _put.BindText(1, key);
        _put.BindText(2, value);
        _put.Bind(3, revision);
        _put.Bind(4, checksum);
        _put.Run();
        return checksum;
    }

    private void Delete(byte[] key)
    {
        _delete.BindText(1, key);
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
