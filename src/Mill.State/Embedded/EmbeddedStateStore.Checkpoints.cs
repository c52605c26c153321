using Microsoft.Extensions.Logging;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>Checkpoints copy the log into the database. SQLite's automatic ones drop their errors, a failed fsync among them, so the store makes its own.</summary>
public sealed partial class EmbeddedStateStore
{
    private void CheckpointLocked(bool scrub)
    {
        _pagesInLog += _files.Connection.TakePagesWritten();
        _scrubOwed |= scrub;
        if (!scrub && _pagesInLog < _options.CheckpointPages)
            return;

        _pagesInLog = 0; // whatever comes of it: a reader who stays must not make every single commit wait for him
        try
        {
            if (_scrubOwed)
                ScrubLocked();
            else
                _files.Connection.Checkpoint(truncate: false);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or InvalidDataException)
        {
            // The commit is durable in the log; copying it is tried again later.
            LogCheckpointFailed(_paths.Database, failure.Message);
            if (failure is not SqliteException { IsFailedFsync: false })
                StopLocked(failure); // a scrub that cannot write or read the database directly is as bad
        }
    }

    private void ScrubLocked()
    {
        // A reader of our own would keep the log from being emptied. A foreign one may: the scrub is then still owed at the next checkpoint.
        _reading.Wait();
        try
        {
            _files.Scrub();
            _scrubOwed = false;
        }
        finally
        {
            _reading.Release();
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "The log of {Path} could not be copied into the database; it will be tried again: {Reason}")]
    private partial void LogCheckpointFailed(string path, string reason);

    [LoggerMessage(3102, LogLevel.Warning, "The anchor {Path} could not be written; commits lost to a damaged disk would go unnoticed: {Reason}")]
    private partial void LogAnchorNotWritten(string path, string reason);

    [LoggerMessage(3103, LogLevel.Critical, "The store in {Path} failed to write and has stopped; it must be opened again.")]
    private partial void LogStopped(string path, Exception cause);
}
