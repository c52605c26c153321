using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary>Join tokens: made, listed, revoked; by operators.</summary>
internal sealed class JoinTokenEndpoints(ClusterParts? cluster, Authentication authentication)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/join-tokens", CreateAsync);
        routes.MapGet("/v1/join-tokens", ListAsync);
        routes.MapDelete("/v1/join-tokens/{id}", RevokeAsync);
    }

    private async Task CreateAsync(HttpContext http)
    {
        var (caller, members) = await DemandAsync(http).ConfigureAwait(false);
        var context = WriteHeaders.Context(http);
        var body = await RequestBody.ReadAsync<CreateJoinTokenRequest>(http).ConfigureAwait(false);
        var (created, revision, replayed) = await members.CreateJoinTokenAsync(caller, Request(body), context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.JsonAsync(http, StatusCodes.Status201Created, ToResponse(created.Record) with { Token = created.Token }).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        var (caller, members) = await DemandAsync(http).ConfigureAwait(false);
        var (list, revision) = await members.ListAsync(caller, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new JoinTokenListResponse([.. list.JoinTokens.Select(ToResponse)])).ConfigureAwait(false);
    }

    private async Task RevokeAsync(HttpContext http)
    {
        var (caller, members) = await DemandAsync(http).ConfigureAwait(false);
        var id = (string)http.Request.RouteValues["id"]!;
        if (id.Length != JoinToken.IdLength || !id.All(char.IsAsciiLetterOrDigit))
            throw new MillException(MillError.InvalidRequest, "This is not the id of a join token.") { Hint = "An id is the middle part of a join token: mill_join_ID_…" };
        var (_, revision, replayed) = await members.RevokeJoinTokenAsync(caller, id, WriteHeaders.Context(http), http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.EmptyAsync(http, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    private async ValueTask<(Caller Caller, IMembers Members)> DemandAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerNodes);
        QueryArguments.Of(http);
        return (caller, cluster.Demand().Members);
    }

    private static CreateJoinToken Request(CreateJoinTokenRequest body)
    {
        if (!NodeRoles.TryParse(body.Role ?? NodeRole.Both.Text(), out var role)) throw NodeTexts.WrongRole();
        var lifetime = body.ExpiresIn is { } text ? Durations.Parse(text, "expires_in") : (TimeSpan?)null;
        if (lifetime > JoinToken.MaxLifetime)
        {
            throw new MillException(MillError.InvalidRequest, "A join token lasts at most 7 days.")
            {
                Problems = [new(MillError.InvalidRequest.ToCode(), "At most 7d.", "/expires_in")],
            };
        }
        return new(role, lifetime, body.HandsOverKey ?? true);
    }

    private static JoinTokenResponse ToResponse(JoinTokenRecord record) => new()
    {
        Id = record.Id,
        Role = record.Role.Text(),
        HandsOverKey = record.HandsOverKey,
        CreatedAt = record.CreatedAt.ToDateTimeOffset(),
        CreatedBy = record.CreatedBy,
        ExpiresAt = record.ExpiresAt.ToDateTimeOffset(),
        UsedAt = record.UsedAt?.ToDateTimeOffset(),
        UsedBy = record.UsedBy?.Value,
    };
}
