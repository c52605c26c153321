using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>Secrets, their histories and their end.</summary>
internal sealed class SecretEndpoints(IVault vault, Authentication authentication)
{
    private const int MaxDestroyed = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Path = "/v1/secrets/{**name}";
        routes.MapGet("/v1/secrets", ListAsync);
        routes.MapGet(Path, GetAsync);
        routes.MapPut(Path, SetAsync);
        routes.MapDelete(Path, DeleteAsync);
        routes.MapPost(Path, PostAsync);
    }

    private async Task GetAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var path = SecretPath.Of(http);
        if (path.Part is "history")
        {
            await HistoryAsync(http, caller, path.Name).ConfigureAwait(false);
            return;
        }
        DemandNoPart(http, path);
        var query = QueryArguments.Of(http, "version", "at", Consistency.Argument);
        var (version, at) = (query.Number("version", 1, int.MaxValue), query.Time("at"));
        if (version is not null && at is not null) throw new MillException(MillError.InvalidRequest, "version and at exclude each other.");
        var request = new ReadSecret(path.Name, version, at, Consistency.Apply(http, query));
        var (reading, revision) = await vault.ReadAsync(caller, request, http.RequestAborted).ConfigureAwait(false);
        using (reading)
        {
            http.SetRevision(revision);
            http.SetVersionTag(reading.Version.Version);
            await Reply.JsonAsync(http, StatusCodes.Status200OK, reading, "application/json", SecretBody.Write).ConfigureAwait(false);
        }
    }

    private async Task HistoryAsync(HttpContext http, Core.Access.Caller caller, SecretName name)
    {
        var query = QueryArguments.Of(http, "limit", "before", Consistency.Argument);
        var (before, limit) = (query.Number("before", 1, int.MaxValue), query.Number("limit", 1, ListSecrets.MaxLimit) ?? ListSecrets.DefaultLimit);
        var request = new ReadHistory(name, before, limit, Consistency.Apply(http, query));
        var (page, revision) = await vault.ReadHistoryAsync(caller, request, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new HistoryResponse(page.Name.Value, [.. page.Versions.Select(ToItem)]) { Next = page.Next }).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var query = QueryArguments.Of(http, "prefix", "limit", "after", Consistency.Argument);
        var limit = query.Number("limit", 1, ListSecrets.MaxLimit) ?? ListSecrets.DefaultLimit;
        var request = new ListSecrets(query.Text("prefix") ?? "", query.Text("after") ?? "", limit, Consistency.Apply(http, query));
        var (page, revision) = await vault.ListAsync(caller, request, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        var items = page.Secrets.Select(version => new SecretListItem(version.Name.Value, version.Version, version.ValidFrom.ToDateTimeOffset()));
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new SecretListResponse([.. items]) { Next = page.Next }).ConfigureAwait(false);
    }

    private async Task SetAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var path = SecretPath.Of(http);
        DemandNoPart(http, path);
        Core.Secrets.Visibility.Demand(caller, path.Name, Core.Access.Verb.SetSecret);
        var force = QueryArguments.Of(http, "force").Flag("force");
        var (precondition, context) = (WriteHeaders.Precondition(http), WriteHeaders.Context(http));
        using var body = await RequestBody.ReadAsync<SetSecretRequest>(http).ConfigureAwait(false);
        var (value, kind) = GivenValue.Demand(body.Value, body.ValueBase64);
        var (answer, revision, replayed) = await vault.SetAsync(caller, new(path.Name, value, kind, precondition, force), context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        http.SetVersionTag(answer.Version);
        var status = answer.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await Reply.JsonAsync(http, status, new SetSecretResponse(answer.Name, answer.Version, new Timestamp(answer.ValidFrom).ToDateTimeOffset(), answer.Changed)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var path = SecretPath.Of(http);
        DemandNoPart(http, path);
        QueryArguments.Of(http);
        var request = new DeleteSecret(path.Name, WriteHeaders.DeletePrecondition(http));
        var (_, revision, replayed) = await vault.DeleteAsync(caller, request, WriteHeaders.Context(http), http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.EmptyAsync(http, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    private async Task PostAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        var path = SecretPath.Of(http);
        if (path.Part is not "destroy") throw NotAllowed(http, path.Part is null ? "GET, PUT, DELETE" : "GET");
        Core.Secrets.Visibility.Demand(caller, path.Name, Core.Access.Verb.DestroyVersions);
        QueryArguments.Of(http);
        var context = WriteHeaders.Context(http);
        var body = await RequestBody.ReadAsync<DestroyRequest>(http).ConfigureAwait(false);
        var request = new DestroyVersions(path.Name, Chosen(body));
        var (_, revision, replayed) = await vault.DestroyAsync(caller, request, context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        await Reply.EmptyAsync(http, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    private static IReadOnlyList<int>? Chosen(DestroyRequest body) => body switch
    {
        { Versions: { Count: > 0 and <= MaxDestroyed } versions, All: null or false } => versions,
        { Versions: null, All: true } => null,
        _ => throw new MillException(MillError.InvalidRequest, $"Say which versions to destroy: either versions, with 1 to {MaxDestroyed} numbers, or \"all\": true."),
    };

    private static void DemandNoPart(HttpContext http, SecretPath path)
    {
        if (path.Part is not { } part) return;
        throw NotAllowed(http, part is "history" ? "GET" : "POST", $" For a secret whose name ends in /{part}, write the slash before it as %2F.");
    }

    private static MillException NotAllowed(HttpContext http, string allowed, string advice = "")
    {
        http.Response.Headers.Allow = allowed;
        return new(MillError.MethodNotAllowed, "This path does not know this method.") { Hint = $"It knows: {allowed}.{advice}" };
    }

    private static HistoryItem ToItem(VersionInfo version) =>
        new(version.Version, RecordTexts.Of(version.State), version.ValidFrom.ToDateTimeOffset(), version.CreatedBy, version.KeyId) { ValidTo = version.ValidTo?.ToDateTimeOffset() };
}
