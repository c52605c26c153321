using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>Ledgers as text: one JSON document, the same for the same ledger.</summary>
public static class LedgerCodec
{
    /// <summary>In bytes: what a secret of the vault holds.</summary>
    public const int Longest = 256 * 1024;

    private const int Format = 1;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The caller disposes it.</summary>
    public static SecretValue Write(Ledger ledger)
    {
        var document = new LedgerDocument(Format, ledger.Target, ledger.Key, ledger.Secrets, ledger.Intents) { Pruned = ledger.HasPruned };
        using var text = new PinnedWriter(1024);
        using (var json = new Utf8JsonWriter(text, Writing)) JsonSerializer.Serialize(json, document, LedgerJson.Default.LedgerDocument);
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    /// <summary>Throws <see cref="MillError.RecordRejected"/> for what is no ledger of this target, and <see cref="MillError.LaterFormat"/> for one that a later Mill wrote.</summary>
    public static Ledger Read(SecretValue text, SecretScope target)
    {
        try
        {
            var ledger = text.Reveal(Parse);
            return string.Equals(ledger.Target, target.ToString(), StringComparison.OrdinalIgnoreCase) ? ledger : throw Rejected(target, cause: null);
        }
        catch (JsonException e)
        {
            throw Rejected(target, e);
        }
    }

    private static Ledger Parse(ReadOnlySpan<byte> text)
    {
        var format = JsonSerializer.Deserialize(text, LedgerJson.Default.LedgerFormat)?.Format ?? 0;
        if (format > Format) throw new MillException(MillError.LaterFormat, "The ledger was written by a later version of Mill.") { Hint = "Push with that version, or a later one." };
        if (format is not Format) throw new JsonException("no such format");
        var document = JsonSerializer.Deserialize(text, LedgerJson.Default.LedgerDocument)!;
        return new(document.Target, document.Key, document.Secrets.ToImmutableSortedDictionary(StringComparer.Ordinal), document.Intents.ToImmutableSortedDictionary(StringComparer.Ordinal)) { HasPruned = document.Pruned };
    }

    private static MillException Rejected(SecretScope target, JsonException? cause) => new(MillError.RecordRejected, $"The ledger of {target} is damaged, or is that of another target.", cause)
    {
        Hint = "Bring back an earlier version of it, or delete it: all that is there then counts as somebody else's.",
    };
}

internal sealed record LedgerDocument(int Format, string Target, LedgerKey Key, IReadOnlyDictionary<string, LedgerEntry> Secrets, IReadOnlyDictionary<string, LedgerIntent> Intents)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Pruned { get; init; }
}

/// <summary>The one member that every format has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record LedgerFormat(int Format);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(UtcConverter)])]
[JsonSerializable(typeof(LedgerDocument))]
[JsonSerializable(typeof(LedgerFormat))]
internal sealed partial class LedgerJson : JsonSerializerContext;

/// <summary>Times in UTC, however they came in: equal ledgers are equal texts.</summary>
internal sealed class UtcConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time : throw new JsonException("not a time");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
