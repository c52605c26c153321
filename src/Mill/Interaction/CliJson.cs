using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Mill.Client.Contracts;
using Mill.Commands;
using Mill.Secrets;

namespace Mill.Interaction;

/// <summary>What <c>--json</c> prints beyond the documents of the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(DeletedDocument))]
[JsonSerializable(typeof(DestroyedDocument))]
[JsonSerializable(typeof(RevokedDocument))]
[JsonSerializable(typeof(RemovedDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(DevDocument))]
[JsonSerializable(typeof(BackupDocument))]
[JsonSerializable(typeof(NodeDocument))]
[JsonSerializable(typeof(EnvFindings))]
[JsonSerializable(typeof(FormattedFiles))]
[JsonSerializable(typeof(PlanEvent))]
[JsonSerializable(typeof(DeployEvent))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(CleanDocument))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(SyncCheckDocument))]
[JsonSerializable(typeof(SyncRequestDocument))]
[JsonSerializable(typeof(SyncExportDocument))]
internal sealed partial class CliJsonContext : JsonSerializerContext;

internal sealed record DeletedDocument(string Name, bool Deleted);

/// <param name="Versions">Left out where all were destroyed.</param>
internal sealed record DestroyedDocument(string Name, IReadOnlyList<int>? Versions, bool? All);

internal sealed record RevokedDocument(string Id, bool Revoked);

internal sealed record RemovedDocument(string Node, bool Removed);

internal sealed record EventDocument(string Event, string? Name, int? Version, string? Id);

/// <param name="Token">Left out while the vault is sealed and no token was made before.</param>
internal sealed record DevDocument(string Address, string? Token, string DataDir, bool Sealed)
{
    // A record prints its members; the token must never be one of them.
    public override string ToString() => Address;
}

/// <param name="Token">Of the first node only, as the join token.</param>
/// <param name="Sealed">Left out on a node that has no vault.</param>
internal sealed record NodeDocument(string Address, string Node, string? Token, string? JoinToken, string DataDir, string CaCert, bool? Sealed)
{
    // A record prints its members; the tokens must never be among them.
    public override string ToString() => Address;
}

/// <summary>What <c>mill deploy --json</c> prints first.</summary>
internal sealed record PlanEvent(string Event, PlanResponse Data);

/// <summary>What whoever follows a deploy is told, with <c>--json</c>: a line for each change.</summary>
/// <param name="Event"><c>progress</c>, or <c>done</c> for the last one, however it ended.</param>
internal sealed record DeployEvent(string Event, DeployResponse Data);

/// <summary>One JSON document on one line.</summary>
internal static class CliJson
{
    // Readable, and still safe on a screen: control characters are escaped by every encoder.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(ErrorDocument document) => Text(document, CliJsonContext.Default.ErrorDocument);

    public static string Text<T>(T document, JsonTypeInfo<T> type)
    {
        using var bytes = Write(document, type);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>A document of the API.</summary>
    public static void Print<T>(Terminal terminal, T document) => Print(terminal, document, ApiJson.Lenient.TypeInfo<T>());

    public static void Print<T>(Terminal terminal, T document, JsonTypeInfo<T> type)
    {
        using var bytes = Write(document, type);
        "\n"u8.CopyTo(bytes.GetSpan(1));
        bytes.Advance(1);
        terminal.Write(bytes.WrittenSpan);
    }

    private static PinnedWriter Write<T>(T document, JsonTypeInfo<T> type)
    {
        var bytes = new PinnedWriter();
        using var json = new Utf8JsonWriter(bytes, Writing);
        JsonSerializer.Serialize(json, document, type);
        return bytes;
    }
}
