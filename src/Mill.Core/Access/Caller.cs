using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Core.Access;

/// <summary>Who asks: derived from a token, and from the tenant an operator names.</summary>
public sealed record Caller(string TokenId, string Subject, Role Role, TenantId Tenant)
{
    public IReadOnlyList<string> Allow { get; init; } = [];

    public IReadOnlyList<string> Deny { get; init; } = [];

    /// <summary>See <see cref="StateRead.IsConfirmed"/>: of the request that this caller sent.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>Whether a name lies within the patterns. Deny wins. What is outside does not exist for this caller.</summary>
    public bool Sees(SecretName name)
    {
        if (Allow.Count == 0 && Deny.Count == 0) return true;
        return !MatchesAny(Deny, name) && (Allow.Count == 0 || MatchesAny(Allow, name));
    }

    private static bool MatchesAny(IReadOnlyList<string> patterns, SecretName name)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (NamePattern.Matches(patterns[i], name.Value)) return true;
        }
        return false;
    }
}
