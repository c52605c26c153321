namespace Mill.Core.Model;

/// <summary>A token, without what would let anyone use it: only the SHA-256 of its secret part is stored.</summary>
public sealed record TokenRecord : StateRecord
{
    public required string Id { get; init; }

    public required byte[] SecretHash { get; init; }

    public required TenantId Tenant { get; init; }

    /// <summary>Who or what uses it; shown in histories.</summary>
    public required string Subject { get; init; }

    public required Role Role { get; init; }

    /// <summary>Patterns of names it may touch; none means all.</summary>
    public IReadOnlyList<string> Allow { get; init => field = value ?? []; } = [];

    /// <summary>Patterns of names it may not touch, whatever <see cref="Allow"/> says.</summary>
    public IReadOnlyList<string> Deny { get; init => field = value ?? []; } = [];

    public required Timestamp CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public Timestamp? ExpiresAt { get; init; }
}
