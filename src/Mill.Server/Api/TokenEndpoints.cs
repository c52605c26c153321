using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>Tokens: made, listed, revoked; by operators.</summary>
internal sealed class TokenEndpoints(ITokens tokens, Authentication authentication)
{
    private const int MaxSubject = 128;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/tokens", CreateAsync);
        routes.MapGet("/v1/tokens", ListAsync);
        routes.MapDelete("/v1/tokens/{id}", RevokeAsync);
    }

    private async Task CreateAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerTokens);
        QueryArguments.Of(http);
        var context = WriteHeaders.Context(http);
        var body = await RequestBody.ReadAsync<CreateTokenRequest>(http).ConfigureAwait(false);
        var inTenant = body.Tenant is null ? caller : caller with { Tenant = TenantId.Parse(body.Tenant) };
        var (created, revision, replayed) = await tokens.CreateAsync(inTenant, Request(body), context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.JsonAsync(http, StatusCodes.Status201Created, ToResponse(created.Record) with { Token = created.Token }).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var (records, revision) = await tokens.ListAsync(caller, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new TokenListResponse([.. records.Select(ToResponse)])).ConfigureAwait(false);
    }

    private async Task RevokeAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        AccessRules.Demand(caller, Verb.AdministerTokens);
        var id = (string)http.Request.RouteValues["id"]!;
        if (!TokenRules.IsId(id)) throw new MillException(MillError.InvalidRequest, "This is not the id of a token.") { Hint = "An id is the middle part of a token: mill_ID_…" };
        var (_, revision, replayed) = await tokens.RevokeAsync(caller, id, WriteHeaders.Context(http), http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.EmptyAsync(http, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    private static CreateToken Request(CreateTokenRequest body)
    {
        var problems = new List<MillProblem>();
        void Check(bool holds, string detail, string pointer)
        {
            if (!holds) problems.Add(new(MillError.InvalidRequest.ToCode(), detail, pointer));
        }

        var allow = body.Allow ?? [];
        var deny = body.Deny ?? [];
        Check(TokenRules.IsSubject(body.Subject, MaxSubject), $"A subject has 1 to {MaxSubject} printable characters, and no space at either end.", "/subject");
        Check(TokenRules.TryParseRole(body.Role, out var role), "A role is reader, writer, deployer or operator.", "/role");
        Check(allow.Count <= NamePattern.MaxCount && allow.All(NamePattern.IsValid), NamePattern.Rule, "/allow");
        Check(deny.Count <= NamePattern.MaxCount && deny.All(NamePattern.IsValid), NamePattern.Rule, "/deny");
        Check(role is not Role.Operator || (allow.Count == 0 && deny.Count == 0), "An operator may touch everything: it takes no patterns.", "/role");
        if (problems.Count > 0) throw new MillException(MillError.InvalidRequest, "The token was not made: " + problems[0].Detail) { Problems = problems };
        return new(body.Subject, role, allow, deny, body.ExpiresIn is { } length ? Durations.Parse(length, "expires_in") : null);
    }

    private static TokenResponse ToResponse(TokenRecord record) => new()
    {
        Id = record.Id,
        Subject = record.Subject,
        Tenant = record.Tenant.Value,
        Role = TokenRules.Text(record.Role),
        Allow = record.Allow,
        Deny = record.Deny,
        CreatedAt = record.CreatedAt.ToDateTimeOffset(),
        CreatedBy = record.CreatedBy,
        ExpiresAt = record.ExpiresAt?.ToDateTimeOffset(),
    };
}
