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

/// <summary>How much history a tenant keeps.</summary>
internal sealed class RetentionEndpoints(IVault vault, Authentication authentication)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/retention", GetAsync);
        routes.MapPut("/v1/retention", SetAsync);
    }

    private async Task GetAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var (retention, revision) = await vault.ReadRetentionAsync(caller, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, ToDocument(retention)).ConfigureAwait(false);
    }

    private async Task SetAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.AdministerRetention);
        QueryArguments.Of(http);
        var context = WriteHeaders.Context(http);
        var body = await RequestBody.ReadAsync<RetentionDocument>(http).ConfigureAwait(false);
        if (body.MaxVersions is < 1) throw new MillException(MillError.InvalidRequest, "max_versions takes a number from 1.");
        var age = body.MaxAge is { } text ? (long)Durations.Parse(text, "max_age").TotalSeconds : (long?)null;
        var retention = new RetentionRecord { Tenant = caller.Tenant, MaxVersions = body.MaxVersions, MaxAgeSeconds = age };
        var (_, revision, replayed) = await vault.SetRetentionAsync(caller, retention, context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, ToDocument(retention)).ConfigureAwait(false);
    }

    private static RetentionDocument ToDocument(RetentionRecord retention) => new()
    {
        MaxVersions = retention.MaxVersions,
        MaxAge = retention.MaxAgeSeconds is { } seconds ? Durations.Format(TimeSpan.FromSeconds(seconds)) : null,
    };
}
