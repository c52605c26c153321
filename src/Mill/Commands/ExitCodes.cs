using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Every exit code of <c>mill</c>. A promise to scripts: append, never reuse.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Unauthenticated = 4;
    public const int Forbidden = 5;
    public const int PreconditionFailed = 6;
    public const int InvalidInput = 7;
    public const int VaultSealed = 8;
    public const int Unreachable = 9;
    public const int TryAgain = 10;
    public const int Damaged = 11;
    public const int DataDirectoryInUse = 12;
    public const int AddressUnavailable = 13;
    public const int InvalidMasterKey = 14;

    /// <summary>What was asked for is not there: what ran before does.</summary>
    public const int DeployFailed = 15;

    // Those of env(1) and of shells.
    public const int ProgramNotRunnable = 126;
    public const int ProgramNotFound = 127;
    public const int Interrupted = 130;
    public const int OutputClosed = 141;

    /// <summary>The codes as <c>mill --help</c> shows them.</summary>
    public const string Table = """
        Exit codes:
          0  ok                      8  the vault is sealed
          1  unexpected failure      9  no server answers
          2  usage                  10  unavailable, try again
          3  not found              11  damaged data
          4  not authenticated      12  data directory in use
          5  forbidden              13  address unavailable
          6  precondition failed    14  invalid master key
          7  invalid input          15  the deploy failed and was undone
        130  interrupted           141  nobody reads the output
        126  program not runnable  127  no such program
        """;

    public static int For(MillError error) => error switch
    {
        MillError.None => Ok,
        MillError.Usage => Usage,
        MillError.NotFound or MillError.UnresolvedReferences or MillError.ImageUnavailable => NotFound,
        MillError.Unauthenticated => Unauthenticated,
        MillError.Forbidden => Forbidden,
        MillError.PreconditionFailed or MillError.IdempotencyMismatch or MillError.AlreadyExists or MillError.LaterFormat or MillError.DeployInProgress => PreconditionFailed,
        MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue or MillError.TooLarge
            or MillError.InvalidEnv or MillError.InvalidSpec or MillError.MethodNotAllowed or MillError.Unsupported or MillError.Configuration or MillError.ContainerRefused => InvalidInput,
        MillError.VaultSealed => VaultSealed,
        MillError.Unreachable => Unreachable,
        MillError.NotReady or MillError.NoLeader or MillError.NoQuorum or MillError.RateLimited or MillError.OutcomeUnknown
            or MillError.StorageFull or MillError.StorageUnavailable or MillError.RequestTimeout or MillError.NoRoom or MillError.EngineUnavailable => TryAgain,
        MillError.StorageDamaged or MillError.RecordRejected or MillError.BackupRejected => Damaged,
        MillError.DataDirectoryInUse => DataDirectoryInUse,
        MillError.AddressUnavailable => AddressUnavailable,
        MillError.InvalidMasterKey => InvalidMasterKey,
        MillError.ProgramNotRunnable => ProgramNotRunnable,
        MillError.ProgramNotFound => ProgramNotFound,
        _ => Unexpected,
    };
}
