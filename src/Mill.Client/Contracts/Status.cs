using System.Text.Json.Serialization;

namespace Mill.Client.Contracts;

public sealed record StatusResponse
{
    public required string Version { get; init; }

    public required string Node { get; init; }

    public required string Role { get; init; }

    public required string Leader { get; init; }

    public required string Engine { get; init; }

    public required long Revision { get; init; }

    public required IReadOnlyList<NodeItem> Members { get; init; }

    public required SealResponse Seal { get; init; }

    /// <summary>What the caller's tenant holds.</summary>
    public required CountsResponse Counts { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
}

public sealed record SealResponse(bool Sealed)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? NeededKeyId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? PresentKeyId { get; init; }

    public string? Reason { get; init; }
}

public sealed record CountsResponse(string Tenant, long Secrets, long Versions);

/// <summary>Answer of <c>/healthz</c> and <c>/readyz</c> when all is well.</summary>
public sealed record HealthResponse(string Status);

/// <summary>How much history a tenant keeps; a limit that is null or left out does not apply.</summary>
public sealed record RetentionDocument
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? MaxVersions { get; init; }

    /// <summary>A number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, counted from the end of a version's validity.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? MaxAge { get; init; }
}

public sealed record VerifyResponse(bool Sound, long Revision, int Secrets, int Versions, int Opened, int Destroyed, IReadOnlyList<string> Problems);
