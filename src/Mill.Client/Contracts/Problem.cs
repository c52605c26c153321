namespace Mill.Client.Contracts;

/// <summary>Every error body: a problem document (RFC 9457) with Mill's own members.</summary>
public sealed record ProblemResponse
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Detail { get; init; }

    /// <summary>Stable: what a program decides by.</summary>
    public required string Code { get; init; }

    /// <summary>The next step to try.</summary>
    public string? Hint { get; init; }

    public string? RequestId { get; init; }

    /// <summary>With <c>precondition_failed</c>: the version that is current.</summary>
    public int? CurrentVersion { get; init; }

    public IReadOnlyList<ProblemItem>? Errors { get; init; }
}

/// <param name="Pointer">Where in the request: a JSON Pointer (RFC 6901).</param>
/// <param name="Name">The secret it is about.</param>
/// <param name="Line">The line of a file, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record ProblemItem(string Code, string Detail, string? Pointer, string? Name = null, int? Line = null, int? Column = null)
{
    /// <summary>The file, where there is more than one that it could be.</summary>
    public string? File { get; init; }
}
