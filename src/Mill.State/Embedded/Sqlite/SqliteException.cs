using System.Runtime.InteropServices;

namespace Mill.State.Embedded.Sqlite;

/// <summary>A call into SQLite failed. It stays inside the engine: <see cref="StorageFailure"/> says what it means to a caller.</summary>
internal sealed class SqliteException(int code, int systemError)
    : Exception($"{Marshal.PtrToStringUTF8(SqliteNative.ErrorText(code))} (SQLite code {code}, errno {systemError})")
{
    public const int NoSpace = 28;
    public const int QuotaExceeded = 122;

    public int Code { get; } = code;

    public int PrimaryCode => Code & 0xFF;

    /// <summary>True where a file could not grow. Growing the shared memory file reports it as an I/O error.</summary>
    public bool IsFull => PrimaryCode == SqliteCode.Full || (PrimaryCode == SqliteCode.IoError && systemError is NoSpace or QuotaExceeded && !IsFailedFsync);

    public bool IsFailedFsync => Code is SqliteCode.IoErrorFsync or SqliteCode.IoErrorDirectoryFsync;

    // The statements are fixed and the schema is ours, so one that no longer fits means that the file is not what was written.
    public bool IsDamage => PrimaryCode is SqliteCode.Corrupt or SqliteCode.NotADatabase or SqliteCode.Error or SqliteCode.Schema
        or SqliteCode.Constraint or SqliteCode.Mismatch or SqliteCode.Format or SqliteCode.Range
        || Code is SqliteCode.IoErrorShortRead or SqliteCode.IoErrorFileSystemDamaged;
}
