namespace Mill.Client.Contracts;

public sealed record CreateTokenRequest
{
    public required string Subject { get; init; }

    public string? Tenant { get; init; }

    /// <summary><c>reader</c>, <c>writer</c>, <c>deployer</c> or <c>operator</c>.</summary>
    public required string Role { get; init; }

    public IReadOnlyList<string>? Allow { get; init; }

    public IReadOnlyList<string>? Deny { get; init; }

    /// <summary>A number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>: <c>90d</c>.</summary>
    public string? ExpiresIn { get; init; }
}

public sealed record TokenResponse
{
    public required string Id { get; init; }

    /// <summary>The token itself: shown when it is made, and never again.</summary>
    public string? Token { get; init; }

    public required string Subject { get; init; }

    public required string Tenant { get; init; }

    public required string Role { get; init; }

    public required IReadOnlyList<string> Allow { get; init; }

    public required IReadOnlyList<string> Deny { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"token {Id}";
}

public sealed record TokenListResponse(IReadOnlyList<TokenResponse> Tokens);
