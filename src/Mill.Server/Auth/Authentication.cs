using Microsoft.AspNetCore.Http;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Api;
using Mill.Server.Http;

namespace Mill.Server.Auth;

/// <summary>From a request to its caller.</summary>
internal sealed class Authentication(ITokens tokens)
{
    public const string TenantHeader = "Mill-Tenant";

    private const string Scheme = "Bearer ";

    /// <summary>Throws <see cref="MillError.Unauthenticated"/>, always the same, whatever is wrong with the token.</summary>
    public async ValueTask<Caller> DemandAsync(HttpContext http)
    {
        var header = WriteHeaders.Single(http.Request.Headers.Authorization, "Authorization");
        var tenant = WriteHeaders.Single(http.Request.Headers[TenantHeader], TenantHeader);
        // The token is looked at first: who has none learns nothing about the rest of the request.
        var token = header is not null && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..] : null;
        if (token is null) throw Unauthenticated();
        TenantId? named = null;
        if (tenant is not null && TenantId.TryParse(tenant, out var parsed)) named = parsed;
        var caller = await tokens.AuthenticateAsync(token, named, Consistency.Peek(http), http.RequestAborted).ConfigureAwait(false) ?? throw Unauthenticated();
        return tenant is null || named is not null ? caller : throw new MillException(MillError.InvalidRequest, "The header Mill-Tenant holds no valid tenant.") { Hint = TenantId.Rule };
    }

    private static MillException Unauthenticated() => new(MillError.Unauthenticated, "The request has no token, or one that is unknown, revoked or expired.")
    {
        Hint = "Send a token: Authorization: Bearer mill_…",
    };
}
