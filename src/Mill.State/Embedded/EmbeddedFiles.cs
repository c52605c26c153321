using Microsoft.Win32.SafeHandles;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>A data directory that was opened, examined from end to end, and found whole. Failures are <see cref="MillException"/>.</summary>
internal sealed class EmbeddedFiles : IDisposable
{
    private const int WriterCacheKibibytes = 32 * 1024;
    private const int ReaderCacheKibibytes = 2 * 1024;

    private const string InUseHint = "Stop that process, or give this one another directory: mill dev --data-dir DIR --listen 127.0.0.1:4401";

    private readonly DirectoryLock _lock;
    private readonly SqliteConnection _reading;
    private readonly SafeFileHandle _database; // open as long as SQLite's connections are: closing any handle of a file drops a process's locks on it

    private EmbeddedFiles(
        DirectoryLock directoryLock, SqliteConnection connection, SqliteConnection reading, SafeFileHandle database, Anchor anchor, StoreHead head, string path)
    {
        _lock = directoryLock;
        _database = database;
        Connection = connection;
        _reading = reading;
        Anchor = anchor;
        Writer = new StoreWriter(connection, path, head);
        Reader = new StoreReader(reading, path);
    }

    public SqliteConnection Connection { get; }

    public Anchor Anchor { get; }

    public StoreWriter Writer { get; }

    /// <summary>Reads on a connection of its own: a long read holds no commit up.</summary>
    public StoreReader Reader { get; }

    public static EmbeddedFiles Open(StoreFiles files, long firstRevision, StoreVisitor? visit)
    {
        DirectoryLock? directoryLock = null;
        try
        {
            StoreFiles.CreatePrivateDirectory(files.Directory);
            directoryLock = DirectoryLock.Take(files.Directory, InUseHint);
            return Open(files, directoryLock, firstRevision, visit);
        }
        catch (Exception failure)
        {
            directoryLock?.Dispose();
            if (failure is InvalidDataException)
                throw StorageFailure.Damaged(files.Database, failure.Message, failure);
            if (failure is SqliteException or IOException or UnauthorizedAccessException)
                throw StorageFailure.From(directoryLock is null ? files.Directory : files.Database, failure);
            throw;
        }
    }

    /// <summary>Makes sure that nothing which was replaced is left in any file. No read may be under way.</summary>
    public void Scrub() => Scrub(Connection, _database);

    /// <summary>Lets go of the files as they are. A log that was not folded in before is folded in at the next start.</summary>
    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
        _reading.Dispose();
        Connection.Dispose();
        _database.Dispose();
        Anchor.Dispose();
        _lock.Dispose();
    }

    private static EmbeddedFiles Open(StoreFiles files, DirectoryLock directoryLock, long firstRevision, StoreVisitor? visit)
    {
        // The anchor comes first: opening an empty database would make SQLite delete the log that may hold what is left.
        var anchor = Anchor.Read(files);
        if (!File.Exists(files.Database))
            CreateUnlessLost(files, anchored: anchor is not null, firstRevision);
        if (DatabaseHeader.Examine(files.Database) is { } fault)
            throw StorageFailure.Damaged(files.Database, fault);

        SqliteConnection? connection = null, reading = null;
        SafeFileHandle? database = null;
        try
        {
            connection = OpenConnection(files, WriterCacheKibibytes);
            reading = OpenConnection(files, ReaderCacheKibibytes);
            var head = Examine(files, connection, reading, anchor, visit);

            // A commit whose fsync failed or never ran may have come back from the page cache: it must be on the disk before anybody is told of it.
            // And a process that was killed may have owed a scrub. Nothing tells: even without a log, another program may have folded it in since.
            // Now, not earlier: this changes the files, and what is damaged must stay as it is.
            database = File.OpenHandle(files.Database, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            Scrub(connection, database);
            return new EmbeddedFiles(directoryLock, connection, reading, database, Anchor.Start(files, head), head, files.Database);
        }
        catch
        {
            database?.Dispose();
            reading?.Dispose();
            connection?.Dispose();
            throw;
        }
    }

    private static void Scrub(SqliteConnection connection, SafeFileHandle database)
    {
        connection.Checkpoint(truncate: true);
        new PageGaps(database).Clear(StoreSchema.RootPages(connection));
        connection.Execute("PRAGMA shrink_memory"); // the cached pages still have their gaps, and would be written back with them
    }

    private static void CreateUnlessLost(StoreFiles files, bool anchored, long firstRevision)
    {
        if (anchored || File.Exists(files.Log))
            throw StorageFailure.Damaged(files.Database, "the file is gone, but others of this store are there.");
        StoreSchema.Create(files, firstRevision);
    }

    private static SqliteConnection OpenConnection(StoreFiles files, int cacheKibibytes)
    {
        var connection = SqliteConnection.Open(files.Database);
        try
        {
            StoreSchema.Prepare(connection, cacheKibibytes);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static StoreHead Examine(
        StoreFiles files, SqliteConnection connection, SqliteConnection other, (long Revision, UInt128 Digest)? anchor, StoreVisitor? visit)
    {
        if (!StoreSchema.Matches(connection))
            throw StorageFailure.Damaged(files.Database, "its tables are not the ones that were made.");

        // Side by side: they read everything there is, and a start waits for both.
        var pages = Task.Run(() => StoreSchema.FindBrokenPage(connection));
        StoreHead head;
        string? fault;
        try
        {
            using var reader = new StoreReader(other, files.Database);
            head = reader.Verify(visit);
        }
        finally
        {
            fault = pages.GetAwaiter().GetResult();
        }

        if (fault is not null)
            throw StorageFailure.Damaged(files.Database, fault);
        if (anchor is not { } last || head.Revision > last.Revision || (head.Revision == last.Revision && head.Digest == last.Digest))
            return head;

        var what = head.Revision < last.Revision ? $"it ends at revision {head.Revision}" : "it ends with another commit";
        throw new MillException(
            MillError.StorageDamaged, $"The store in {files.Database} has lost commits: {what}, and revision {last.Revision} was acknowledged.")
        {
            Hint = $"Put a newer copy of the data directory in its place. If an older copy was put there on purpose, remove {files.Anchor} and start again.",
        };
    }
}
