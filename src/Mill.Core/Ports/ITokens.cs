using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>Who may ask. Throws <see cref="MillException"/> as <see cref="IVault"/> does.</summary>
public interface ITokens
{
    /// <summary>The caller a token stands for; null for one that is unknown, revoked, expired or malformed, all alike.</summary>
    /// <param name="tenant">The tenant an operator names. Anybody else's own tenant, or <see cref="MillError.Forbidden"/>.</param>
    /// <param name="level">How fresh the reads of this request will be; the token is looked up no less fresh.</param>
    ValueTask<Caller?> AuthenticateAsync(string token, TenantId? tenant, ReadLevel level, CancellationToken cancellationToken);

    Task<Committed<CreatedToken>> CreateAsync(Caller caller, CreateToken request, WriteContext context, CancellationToken cancellationToken);

    /// <summary>The tokens of the caller's tenant, by id.</summary>
    ValueTask<Observed<IReadOnlyList<TokenRecord>>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<Committed<Done>> RevokeAsync(Caller caller, string id, WriteContext context, CancellationToken cancellationToken);
}

public sealed record CreateToken(string Subject, Role Role, IReadOnlyList<string> Allow, IReadOnlyList<string> Deny, TimeSpan? ExpiresIn);

/// <summary>A token and the only copy of its text.</summary>
public sealed record CreatedToken(TokenRecord Record, string Token)
{
    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"token {Record.Id}";
}
