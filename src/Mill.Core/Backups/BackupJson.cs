using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Model;

namespace Mill.Core.Backups;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters = [typeof(MomentConverter)])]
[JsonSerializable(typeof(BackupHeader))]
[JsonSerializable(typeof(BackupEnd))]
internal sealed partial class BackupJson : JsonSerializerContext;

/// <summary>The last line of a backup: without it, the file is not whole.</summary>
/// <param name="Entries">How many entries stand before it.</param>
/// <param name="Sha256">SHA-256 of every byte before this line, as hex.</param>
internal sealed record BackupEnd(long Entries, string Sha256);

/// <summary>A moment as people read it; the header of a backup is for them.</summary>
internal sealed class MomentConverter : JsonConverter<Timestamp>
{
    public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Timestamp.TryParse(reader.GetString(), out var moment) ? moment : throw new JsonException("not a time");

    public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
