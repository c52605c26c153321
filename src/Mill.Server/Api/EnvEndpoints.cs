using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Mill.Server.Auth;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary><c>.env</c> files, all or nothing.</summary>
internal sealed class EnvEndpoints(IVault vault, Authentication authentication)
{
    private static readonly JsonEncodedText Content = JsonEncodedText.Encode("content");
    private static readonly JsonEncodedText Secrets = JsonEncodedText.Encode("secrets");
    private static readonly JsonEncodedText References = JsonEncodedText.Encode("references");
    private static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    private static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
    private static readonly JsonEncodedText Line = JsonEncodedText.Encode("line");
    private static readonly JsonEncodedText Column = JsonEncodedText.Encode("column");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/env/expand", ExpandAsync).WithMetadata(AnyNode.Instance);
        routes.MapPost("/v1/env/encrypt", EncryptAsync);
    }

    private async Task ExpandAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadValue);
        var query = QueryArguments.Of(http, Consistency.Argument);
        using var body = await RequestBody.ReadAsync<ExpandEnvRequest>(http).ConfigureAwait(false);
        using var content = body.Content.ToPinned();
        var at = body.At is { } moment ? Timestamp.From(moment) : (Timestamp?)null;
        var request = new ExpandEnv(content.WrittenMemory, Format(body.Format), at, Consistency.Apply(http, query));
        var (expansion, revision) = await vault.ExpandEnvAsync(caller, request, http.RequestAborted).ConfigureAwait(false);
        using (expansion)
        {
            http.SetRevision(revision);
            await Reply.JsonAsync(http, StatusCodes.Status200OK, expansion, "application/json", Write).ConfigureAwait(false);
        }
    }

    private async Task EncryptAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var context = WriteHeaders.Context(http);
        using var body = await RequestBody.ReadAsync<EncryptEnvRequest>(http).ConfigureAwait(false);
        using var content = body.Content.ToPinned();
        var request = new EncryptEnv(content.WrittenMemory, body.Values ?? EncryptEnv.NoValues, FailsOnExisting(body.OnExisting));
        using var encrypted = body.DryRun is true ? await PreviewAsync(http, caller, request).ConfigureAwait(false) : await StoreAsync(http, caller, request, context).ConfigureAwait(false);
        await Reply.JsonAsync(http, StatusCodes.Status200OK, encrypted, "application/json", Write).ConfigureAwait(false);
    }

    private async Task<EncryptedEnv> StoreAsync(HttpContext http, Caller caller, EncryptEnv request, WriteContext context)
    {
        var (encrypted, revision, replayed) = await vault.EncryptEnvAsync(caller, request, context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        return encrypted;
    }

    private async Task<EncryptedEnv> PreviewAsync(HttpContext http, Caller caller, EncryptEnv request)
    {
        var (encrypted, revision) = await vault.PreviewEncryptEnvAsync(caller, request, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        return encrypted;
    }

    private static bool FailsOnExisting(string? text) => text switch
    {
        null or "update" => false,
        "fail" => true,
        _ => throw new MillException(MillError.InvalidRequest, "on_existing takes update or fail."),
    };

    private static DotEnvFormat Format(string? text) => text switch
    {
        null or "dotenv" => DotEnvFormat.Dotenv,
        "shell" => DotEnvFormat.Shell,
        "docker" => DotEnvFormat.Docker,
        "json" => DotEnvFormat.Json,
        _ => throw new MillException(MillError.InvalidRequest, "format takes dotenv, shell, docker or json."),
    };

    private static void Write(Utf8JsonWriter writer, EncryptedEnv encrypted)
    {
        writer.WriteStartObject();
        writer.WritePropertyName(Content);
        SecretJson.WriteValue(writer, encrypted.Content.WrittenSpan);
        writer.WriteStartArray(Secrets);
        foreach (var secret in encrypted.Stored.Secrets) JsonSerializer.Serialize(writer, new(secret.Name, secret.Version, secret.Created, secret.Changed), ApiJson.Strict.TypeInfo<EnvSecretItem>());
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, EnvExpansion expansion)
    {
        writer.WriteStartObject();
        writer.WritePropertyName(Content);
        SecretJson.WriteValue(writer, expansion.Content.WrittenSpan);
        writer.WriteStartArray(References);
        foreach (var reference in expansion.References)
        {
            writer.WriteStartObject();
            writer.WriteString(Name, reference.Name.Value);
            writer.WriteNumber(Version, reference.Version);
            writer.WriteNumber(Line, reference.Line);
            writer.WriteNumber(Column, reference.Column);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
