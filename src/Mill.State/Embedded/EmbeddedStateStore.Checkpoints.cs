using Microsoft.Extensions.Logging;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Checkpoints copy the log into the database. SQLite's automatic ones drop their errors, a failed fsync among them, so the store makes its own.</summary>
public sealed partial class EmbeddedStateStore
{
    /// <summary>Throws nothing: the commit before it is durable, and its caller must hear so.</summary>
    private void CheckpointLocked(bool scrub)
    {
        try
        {
            _scrubOwed |= scrub;
            _pagesInLog += _files.Connection.TakePagesWritten();
            var isDue = _pagesInLog >= _options.CheckpointPages;
            if (isDue)
                _pagesInLog = 0; // whatever comes of it: a reader who stays must not make every single commit wait for him
            var isScrubbed = (isDue || scrub) && _scrubOwed && TryScrubLocked();
            if (isDue && !isScrubbed)
                _files.Connection.Checkpoint(truncate: false);
        }
        catch (Exception failure)
        {
            // The commit is durable in the log; copying it is tried again later.
            LogCheckpointFailed(_paths.Database, failure.Message);
            if (failure is not SqliteException { IsFailedFsync: false })
                StopLocked(failure); // a scrub that cannot write or read the database directly is as bad
        }
    }

    /// <summary>False where a read of our own is under way, which may be long: no commit waits for it. A foreign one makes this fail; the scrub is still owed then.</summary>
    private bool TryScrubLocked()
    {
        if (!TryStopReads())
            return false;
        try
        {
            _files.Scrub();
            _scrubOwed = false;
            return true;
        }
        finally
        {
            _reading.Release();
        }
    }

    private bool TryStopReads()
    {
        _scrubAwaitsRead = true; // before the attempt: a read that ends in between sees it, or the attempt succeeds
        if (!_reading.Wait(TimeSpan.Zero))
            return false;
        _scrubAwaitsRead = false;
        return true;
    }

    private async Task MakeUpForScrubAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false); // no token: the read is over, and this is owed to somebody else
        try
        {
            if (_stopped is null && _scrubAwaitsRead)
                CheckpointLocked(scrub: _scrubOwed);
        }
        finally
        {
            _writing.Release();
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "The log of {Path} could not be copied into the database; it will be tried again: {Reason}")]
    private partial void LogCheckpointFailed(string path, string reason);

    [LoggerMessage(3102, LogLevel.Warning, "The anchor {Path} could not be written; commits lost to a damaged disk would go unnoticed: {Reason}")]
    private partial void LogAnchorNotWritten(string path, string reason);

    [LoggerMessage(3104, LogLevel.Warning, "Others than the owner may look into the data directory {Path}, or change it. Its files stay private. To close it: chmod 700 {Path}")]
    private partial void LogOpenToOthers(string path);

    [LoggerMessage(3103, LogLevel.Critical, "The store in {Path} failed to write and has stopped; it must be opened again.")]
    private partial void LogStopped(string path, Exception cause);
}
