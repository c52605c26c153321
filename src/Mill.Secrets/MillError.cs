namespace Mill.Secrets;

/// <summary>Every failure a caller can act on. The numbers and codes are a promise (API, exit codes, docs): append, never reuse.</summary>
public enum MillError
{
    None = 0,

    InvalidRequest = 1001,
    InvalidName = 1002,
    InvalidValue = 1003,
    Unauthenticated = 1004,
    Forbidden = 1005,
    NotFound = 1006,
    IdempotencyMismatch = 1007,
    PreconditionFailed = 1008,
    TooLarge = 1009,
    RateLimited = 1010,
    MethodNotAllowed = 1011,
    RequestTimeout = 1012,
    AlreadyExists = 1013,
    InvalidEnv = 1014,
    UnresolvedReferences = 1015,

    VaultSealed = 2001,
    RecordRejected = 2002,
    InvalidMasterKey = 2003,

    NotReady = 3001,
    NoLeader = 3002,
    NoQuorum = 3003,
    OutcomeUnknown = 3004,
    StorageFull = 3005,
    StorageDamaged = 3006,
    StorageUnavailable = 3007,
    DataDirectoryInUse = 3008,
    BackupRejected = 3009,
    LaterFormat = 3010,

    InvalidSpec = 4001,
    DeployInProgress = 4002,
    NoRoom = 4003,
    EngineUnavailable = 4004,
    ImageUnavailable = 4005,
    ContainerRefused = 4006,

    Usage = 5001,
    Unreachable = 5002,
    AddressUnavailable = 5003,
    Internal = 5004,
    ProgramNotFound = 5005,
    ProgramNotRunnable = 5006,
    Unsupported = 5007,
    Configuration = 5008,
}
