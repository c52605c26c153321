using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>
/// The state of one machine in one SQLite file. A commit that returned is on the disk; opening reads everything and refuses a store that is not what was written.
/// </summary>
/// <remarks>Values handed to a commit belong to the store from then on: watchers see the same memory.</remarks>
public sealed partial class EmbeddedStateStore : IStateStore
{
    private readonly StoreFiles _paths;
    private readonly EmbeddedFiles _files;
    private readonly EmbeddedOptions _options;
    private readonly ILogger _logger;
    private readonly CommitRing _ring;
    private readonly SemaphoreSlim _writing = new(1, 1); // taken before _reading where both are
    private readonly SemaphoreSlim _reading = new(1, 1);
    private long _revision;
    private int _pagesInLog;
    private volatile bool _scrubOwed; // any number of scrubs asked for, and not done yet: one makes up for all
    private volatile bool _scrubAwaitsRead; // a read of our own was in its way; whoever ends that read sees to it
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _stopped; // why nothing works any more; never set back

    private EmbeddedStateStore(StoreFiles paths, EmbeddedFiles files, EmbeddedOptions options, ILogger logger)
    {
        _paths = paths;
        _files = files;
        _options = options;
        _logger = logger;
        _revision = files.Writer.Head.Revision;
        _ring = new CommitRing(_revision, options.KnownCommits, options.KnownBytes);
    }

    public string Engine => "embedded";

    /// <summary>Fails once the store can no longer be trusted and has to be opened anew; never completes otherwise.</summary>
    public Task Failure => _failure.Task;

    /// <summary>
    /// Opens the store in a directory, or makes one. Fails with <see cref="MillError.DataDirectoryInUse"/>, <see cref="MillError.StorageDamaged"/>,
    /// <see cref="MillError.StorageFull"/> or <see cref="MillError.StorageUnavailable"/>.
    /// </summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="logger">Hears what is not worth failing for.</param>
    /// <param name="visit">Is shown every entry, for opening looks at all of them anyway. They are worth nothing if opening fails.</param>
    public static EmbeddedStateStore Open(string directory, ILogger<EmbeddedStateStore>? logger = null, StoreVisitor? visit = null) =>
        Open(directory, new EmbeddedOptions(), logger, visit);

    internal static EmbeddedStateStore Open(string directory, EmbeddedOptions options, ILogger<EmbeddedStateStore>? logger = null, StoreVisitor? visit = null)
    {
        var paths = new StoreFiles(Path.GetFullPath(directory));
        var store = new EmbeddedStateStore(paths, EmbeddedFiles.Open(paths, options.FirstRevision, visit), options, logger ?? NullLogger<EmbeddedStateStore>.Instance);
        if (paths.IsOpenToOthers)
            store.LogOpenToOthers(paths.Directory);
        return store;
    }

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfStopped();
        return new(Volatile.Read(ref _revision));
    }

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
        => ReadAsync(reader => reader.Visit(prefix, visit, cancellationToken), cancellationToken);

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
        => ReadAsync(reader => reader.Find(key), cancellationToken);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        RequireDistinctKeys(transaction);
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfStopped();
            if (CommitLocked(transaction) is not { } commit)
                return new(Succeeded: false, _revision);

            Volatile.Write(ref _revision, commit.Revision);
            WriteAnchorLocked();
            _ring.Publish(commit);
            CheckpointLocked(transaction.Scrub);
            return new(Succeeded: true, commit.Revision);
        }
        finally
        {
            _writing.Release();
        }
    }

    public IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken)
        => _ring.WatchAsync(prefix, afterRevision, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_stopped is ObjectDisposedException)
                return;
            FoldLogIn();
            _stopped = new ObjectDisposedException(nameof(EmbeddedStateStore));
            _ring.Close();
            _files.Dispose();
        }
        finally
        {
            _reading.Release();
            _writing.Release();
        }
    }

    private async ValueTask<T> ReadAsync<T>(Func<StoreReader, T> read, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfStopped();
            return read(_files.Reader);
        }
        catch (SqliteException failure)
        {
            throw StorageFailure.From(_paths.Database, failure);
        }
        finally
        {
            _reading.Release();
            if (_scrubAwaitsRead)
                await MakeUpForScrubAsync().ConfigureAwait(false);
        }
    }

    private static void RequireDistinctKeys(StoreTransaction transaction)
    {
        var keys = new HashSet<string>(transaction.Writes.Count, StringComparer.Ordinal);
        foreach (var write in transaction.Writes)
        {
            if (!keys.Add(write.Key))
                throw new ArgumentException($"The key {write.Key} is written twice.", nameof(transaction));
        }
    }

    private StoreEvent? CommitLocked(StoreTransaction transaction)
    {
        try
        {
            return _files.Writer.Commit(transaction);
        }
        catch (CommitFailedException failure) when (!failure.IsCertain)
        {
            StopLocked(failure);
            throw StorageFailure.Unknown(_paths.Database, failure);
        }
        catch (CommitFailedException failure)
        {
            throw StorageFailure.From(_paths.Database, failure.Failure);
        }
        catch (SqliteException failure)
        {
            if (failure.IsFailedFsync)
                StopLocked(failure);
            throw StorageFailure.From(_paths.Database, failure);
        }
        finally
        {
            if (_stopped is null && _files.Writer.RollbackFailure is { } failure)
                StopLocked(failure);
        }
    }

    private void WriteAnchorLocked()
    {
        try
        {
            _files.Anchor.Write(_files.Writer.Head);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogAnchorNotWritten(_paths.Anchor, failure.Message); // it lags, which is allowed; the commit itself is durable
        }
    }

    private void FoldLogIn()
    {
        try
        {
            if (_stopped is not null)
                return;
            if (_scrubOwed)
                _files.Scrub();
            else
                _files.Connection.Checkpoint(truncate: true);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or InvalidDataException)
        {
            LogCheckpointFailed(_paths.Database, failure.Message); // the log stays, and the next start folds it in
        }
    }

    /// <summary>
    /// After a failed fsync the kernel may mark the lost pages clean: the next fsync succeeds, and what it vouches for is not on the disk ("fsyncgate").
    /// Nothing that this process reads or writes can be trusted then, so it stops until the store is opened again, which writes and syncs all pages anew.
    /// </summary>
    private void StopLocked(Exception cause)
    {
        _stopped = cause;
        LogStopped(_paths.Database, cause);
        _failure.TrySetException(StorageFailure.Unknown(_paths.Database, cause));
    }

    private void ThrowIfStopped()
    {
        switch (_stopped)
        {
            case null:
                return;
            case ObjectDisposedException:
                throw new ObjectDisposedException(nameof(EmbeddedStateStore));
            default:
                throw StorageFailure.Unavailable(_paths.Database, "it failed to write, and must be opened again.", _stopped);
        }
    }
}
