namespace Mill.State.Embedded.Sqlite;

/// <summary>SQLite's result codes and options, as far as the store tells them apart. The low byte of an extended code is its primary code.</summary>
internal static class SqliteCode
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Busy = 5;
    public const int Locked = 6;
    public const int IoError = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int Schema = 17;
    public const int Constraint = 19;
    public const int Mismatch = 20;
    public const int Format = 24;
    public const int Range = 25;
    public const int NotADatabase = 26;
    public const int Row = 100;
    public const int Done = 101;

    public const int IoErrorShortRead = IoError | (2 << 8);
    public const int IoErrorFsync = IoError | (4 << 8);
    public const int IoErrorDirectoryFsync = IoError | (5 << 8);
    public const int IoErrorFileSystemDamaged = IoError | (33 << 8);

    public const int TypeText = 3;
    public const int OpenReadWrite = 0x2;
    public const int OpenNoMutex = 0x8000;
    public const uint PreparePersistent = 1;
    public const int ConfigureNoCheckpointOnClose = 1006;
    public const int StatusPagesWritten = 9;
    public const int CheckpointPassive = 0;
    public const int CheckpointTruncate = 3;
}
