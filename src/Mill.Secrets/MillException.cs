namespace Mill.Secrets;

/// <summary>A Mill operation failed. <see cref="Hint"/> is the next step to try; neither text ever holds a secret.</summary>
public class MillException(MillError error, string message, Exception? cause = null) : Exception(message, cause)
{
    public MillError Error { get; } = error;

    public string? Hint { get; init; }

    /// <summary>The single problems, where several things are wrong at once.</summary>
    public IReadOnlyList<MillProblem> Problems { get; init; } = [];

    /// <summary>The version that is current, where a precondition named another.</summary>
    public int? CurrentVersion { get; init; }

    /// <summary>The request this failure answers, where one was sent.</summary>
    public string? RequestId { get; init; }

    /// <summary>When it makes sense to ask again, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True where the same request may succeed if it is sent again.</summary>
    public bool IsTransient => Error is MillError.NotReady or MillError.NoLeader or MillError.NoQuorum or MillError.OutcomeUnknown
        or MillError.StorageFull or MillError.StorageUnavailable or MillError.RateLimited or MillError.Unreachable or MillError.VaultSealed;
}

/// <summary>One of several things wrong with a request.</summary>
/// <param name="Code">A <see cref="MillErrorCodes"/> text.</param>
/// <param name="Detail">What is wrong, in one sentence.</param>
/// <param name="Pointer">Where: a JSON Pointer into the request (RFC 6901), or null.</param>
public sealed record MillProblem(string Code, string Detail, string? Pointer = null)
{
    /// <summary>The secret it is about.</summary>
    public string? Name { get; init; }

    /// <summary>The file, where there is more than one that it could be.</summary>
    public string? File { get; init; }

    /// <summary>The line of a file, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>The character in the line, from 1.</summary>
    public int? Column { get; init; }
}
