using System.Collections.Frozen;

namespace Mill.Secrets;

/// <summary>The stable text of each <see cref="MillError"/>, as it stands in problem documents and in <c>--json</c> output.</summary>
public static class MillErrorCodes
{
    private static readonly FrozenDictionary<MillError, string> Codes = new Dictionary<MillError, string>
    {
        [MillError.InvalidRequest] = "invalid_request",
        [MillError.InvalidName] = "invalid_name",
        [MillError.InvalidValue] = "invalid_value",
        [MillError.Unauthenticated] = "unauthenticated",
        [MillError.Forbidden] = "forbidden",
        [MillError.NotFound] = "not_found",
        [MillError.IdempotencyMismatch] = "idempotency_mismatch",
        [MillError.PreconditionFailed] = "precondition_failed",
        [MillError.TooLarge] = "too_large",
        [MillError.RateLimited] = "rate_limited",
        [MillError.MethodNotAllowed] = "method_not_allowed",
        [MillError.RequestTimeout] = "request_timeout",
        [MillError.AlreadyExists] = "already_exists",
        [MillError.InvalidEnv] = "invalid_env",
        [MillError.UnresolvedReferences] = "unresolved_references",
        [MillError.VaultSealed] = "vault_sealed",
        [MillError.RecordRejected] = "record_rejected",
        [MillError.InvalidMasterKey] = "invalid_master_key",
        [MillError.NotReady] = "not_ready",
        [MillError.NoLeader] = "no_leader",
        [MillError.NoQuorum] = "no_quorum",
        [MillError.OutcomeUnknown] = "outcome_unknown",
        [MillError.StorageFull] = "storage_full",
        [MillError.StorageDamaged] = "storage_damaged",
        [MillError.StorageUnavailable] = "storage_unavailable",
        [MillError.DataDirectoryInUse] = "data_directory_in_use",
        [MillError.BackupRejected] = "backup_rejected",
        [MillError.LaterFormat] = "later_format",
        [MillError.InvalidSpec] = "invalid_spec",
        [MillError.DeployInProgress] = "deploy_in_progress",
        [MillError.NoRoom] = "no_room",
        [MillError.EngineUnavailable] = "engine_unavailable",
        [MillError.ImageUnavailable] = "image_unavailable",
        [MillError.ContainerRefused] = "container_refused",
        [MillError.Usage] = "usage",
        [MillError.Unreachable] = "unreachable",
        [MillError.AddressUnavailable] = "address_unavailable",
        [MillError.Internal] = "internal",
        [MillError.ProgramNotFound] = "program_not_found",
        [MillError.ProgramNotRunnable] = "program_not_runnable",
        [MillError.Unsupported] = "unsupported",
        [MillError.Configuration] = "configuration",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, MillError> Errors = Codes.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The code of an error. Throws <see cref="KeyNotFoundException"/> for <see cref="MillError.None"/>.</summary>
    public static string ToCode(this MillError error) => Codes[error];

    /// <summary>The error a code stands for; <see cref="MillError.Internal"/> for a code this version does not know.</summary>
    public static MillError FromCode(string? code) => code is not null && Errors.TryGetValue(code, out var error) ? error : MillError.Internal;
}
