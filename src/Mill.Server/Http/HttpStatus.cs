using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>Which failure is which HTTP status. The one table; <c>docs/api.md</c> shows it.</summary>
internal static class HttpStatus
{
    public static int Of(MillError error) => error switch
    {
        MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue => 400,
        MillError.Unauthenticated => 401,
        MillError.Forbidden => 403,
        MillError.NotFound => 404,
        MillError.MethodNotAllowed => 405,
        MillError.RequestTimeout => 408,
        MillError.IdempotencyMismatch or MillError.AlreadyExists or MillError.DeployInProgress => 409,
        MillError.PreconditionFailed => 412,
        MillError.TooLarge => 413,
        MillError.InvalidEnv or MillError.UnresolvedReferences or MillError.InvalidSpec => 422,
        MillError.RateLimited => 429,
        MillError.ImageUnavailable or MillError.ContainerRefused => 502,
        MillError.VaultSealed or MillError.NotReady or MillError.NoLeader or MillError.NoQuorum or MillError.OutcomeUnknown
            or MillError.StorageFull or MillError.StorageUnavailable or MillError.LaterFormat or MillError.NoRoom or MillError.EngineUnavailable => 503,
        _ => 500,
    };

    public static string TitleOf(MillError error) => error switch
    {
        MillError.InvalidRequest => "The request is not valid",
        MillError.InvalidName => "The name is not valid",
        MillError.InvalidValue => "The value is not valid",
        MillError.Unauthenticated => "A valid token is needed",
        MillError.Forbidden => "The role does not allow this",
        MillError.NotFound => "Not found",
        MillError.MethodNotAllowed => "The method is not allowed here",
        MillError.RequestTimeout => "The request took too long to arrive",
        MillError.IdempotencyMismatch => "The idempotency key belongs to another request",
        MillError.AlreadyExists => "It exists already",
        MillError.InvalidEnv => "The file is not valid",
        MillError.UnresolvedReferences => "Some references do not resolve",
        MillError.InvalidSpec => "The file is not valid",
        MillError.DeployInProgress => "Another deploy is at work",
        MillError.NoRoom => "No node has room",
        MillError.EngineUnavailable => "The container engine is not available",
        MillError.ImageUnavailable => "The image is not available",
        MillError.ContainerRefused => "The container engine refused",
        MillError.PreconditionFailed => "The precondition failed",
        MillError.TooLarge => "The request is too large",
        MillError.RateLimited => "Too many requests",
        MillError.VaultSealed => "The vault is sealed",
        MillError.RecordRejected => "A record was rejected",
        MillError.NotReady => "The server is not ready",
        MillError.NoLeader => "There is no leader",
        MillError.NoQuorum => "There is no quorum",
        MillError.OutcomeUnknown => "The outcome is not known",
        MillError.StorageFull => "The storage is full",
        MillError.StorageDamaged => "The storage is damaged",
        MillError.StorageUnavailable => "The storage is not available",
        MillError.LaterFormat => "A later version of Mill is needed",
        _ => "Something went wrong",
    };
}
