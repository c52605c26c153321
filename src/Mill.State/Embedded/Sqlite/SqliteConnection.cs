using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mill.State.Embedded.Sqlite;

/// <summary>One connection to a database file. Not for two threads at once; failures are <see cref="SqliteException"/>.</summary>
internal sealed class SqliteConnection : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int BusyTimeoutMilliseconds = 2_000;

    private SqliteConnection(nint database)
        : base(ownsHandle: true) => SetHandle(database);

    /// <summary>Opens a file that exists.</summary>
    public static SqliteConnection Open(string path)
    {
        var code = SqliteNative.Open(path, out var database, SqliteCode.OpenReadWrite | SqliteCode.OpenNoMutex, vfs: null);
        var connection = new SqliteConnection(database);
        try
        {
            connection.Check(code);
            connection.Configure();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public bool IsInTransaction => SqliteNative.IsOutsideTransaction(this) == 0;

    public unsafe SqliteStatement Prepare(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* text = utf8)
        {
            Check(SqliteNative.Prepare(this, text, utf8.Length, SqliteCode.PreparePersistent, out var statement, tail: 0));
            return new SqliteStatement(this, statement);
        }
    }

    /// <summary>Runs a statement once, and drops what it answers.</summary>
    public void Execute(string sql)
    {
        using var statement = Prepare(sql);
        statement.Run();
    }

    /// <summary>How many pages this connection wrote since it was last asked.</summary>
    public int TakePagesWritten()
    {
        Check(SqliteNative.Status(this, SqliteCode.StatusPagesWritten, out var pages, out _, reset: 1));
        return pages;
    }

    /// <summary>Copies the log into the database file; <paramref name="truncate"/> also empties the log, which waits for readers.</summary>
    public void Checkpoint(bool truncate)
        => Check(SqliteNative.Checkpoint(this, 0, truncate ? SqliteCode.CheckpointTruncate : SqliteCode.CheckpointPassive, out _, out _));

    public void Check(int code)
    {
        if (code is not (SqliteCode.Ok or SqliteCode.Row or SqliteCode.Done))
            throw new SqliteException(IsInvalid ? code : SqliteNative.ExtendedErrorCode(this), IsInvalid ? 0 : SqliteNative.SystemError(this));
    }

    protected override bool ReleaseHandle() => SqliteNative.Close(handle) == SqliteCode.Ok;

    private unsafe void Configure()
    {
        Check(SqliteNative.UseExtendedCodes(this, on: 1));
        Check(SqliteNative.BusyTimeout(this, BusyTimeoutMilliseconds));

        // Closing must not touch the files: a store that was found damaged stays as it is, for whoever examines it.
        Check(SqliteNative.Configure(this, SqliteCode.ConfigureNoCheckpointOnClose, value: 1, previous: null));
    }
}
