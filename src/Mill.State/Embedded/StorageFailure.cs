using Mill.Secrets;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>What goes wrong with the files, in a caller's words.</summary>
internal static class StorageFailure
{
    private const string RestoreHint = "Keep this directory for examination, and start with a copy of the data directory that was made earlier.";

    public static MillException Damaged(string path, string what, Exception? cause = null)
        => new(MillError.StorageDamaged, $"The store in {path} is damaged: {what}", cause) { Hint = RestoreHint };

    public static MillException Unavailable(string path, string what, Exception? cause = null)
        => new(MillError.StorageUnavailable, $"The storage at {path} cannot be used: {what}", cause)
        {
            Hint = "The data directory must be a directory on a working disk that this user may read and write.",
        };

    public static MillException Full(string path, Exception? cause = null)
        => new(MillError.StorageFull, $"No space is left for {path}; nothing was written.", cause)
        {
            Hint = "Free some space; writing goes on by itself once there is room.",
        };

    public static MillException Unknown(string path, Exception cause)
        => new(MillError.OutcomeUnknown, $"The storage at {path} failed during a commit, which may or may not have happened: {cause.Message}", cause)
        {
            Hint = "Check the disk and the kernel's log, then start again; what is then read is what was committed.",
        };

    /// <summary>The meaning of a failure outside the COMMIT itself: nothing has happened.</summary>
    public static MillException From(string path, Exception failure) => failure switch
    {
        SqliteException sqlite => From(path, sqlite),
        IOException { HResult: SqliteException.NoSpace or SqliteException.QuotaExceeded } => Full(path, failure),
        _ => Unavailable(path, failure.Message, failure),
    };

    private static MillException From(string path, SqliteException failure) => failure switch
    {
        { IsFull: true } => Full(path, failure),
        { IsDamage: true } => Damaged(path, failure.Message, failure),
        { PrimaryCode: SqliteCode.Busy or SqliteCode.Locked } => Unavailable(path, "another program has it open and would not let go.", failure),
        _ => Unavailable(path, failure.Message, failure),
    };
}
