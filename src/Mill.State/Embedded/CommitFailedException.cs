using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>The COMMIT itself failed. It stays inside the engine.</summary>
internal sealed class CommitFailedException(SqliteException cause) : Exception(cause.Message, cause)
{
    public SqliteException Failure { get; } = cause;

    // SQLITE_FULL comes from writing a log frame: the frame that would make the commit valid is then not whole, now or after a restart.
    // Every other failure, a missing page of the log's index among them, may come after that frame: it can still be found by a restart.
    public bool IsCertain => Failure.PrimaryCode is SqliteCode.Full or SqliteCode.Busy;
}
