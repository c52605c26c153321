using System.Text.Json;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Api;

/// <summary>
/// The body of a read, written by hand: it is what a server is asked for most, and the serializer's way costs as much as the decryption.
/// A test compares it with what the serializer makes of the contract's type.
/// </summary>
internal static class SecretBody
{
    private static readonly JsonEncodedText Name = JsonEncodedText.Encode("name");
    private static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
    private static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");
    private static readonly JsonEncodedText ValueBase64 = JsonEncodedText.Encode("value_base64");
    private static readonly JsonEncodedText ValidFrom = JsonEncodedText.Encode("valid_from");
    private static readonly JsonEncodedText ValidTo = JsonEncodedText.Encode("valid_to");
    private static readonly JsonEncodedText State = JsonEncodedText.Encode("state");

    public static void Write(Utf8JsonWriter writer, SecretReading reading)
    {
        var version = reading.Version;
        writer.WriteStartObject();
        writer.WriteString(Name, version.Name.Value);
        writer.WriteNumber(Version, version.Version);
        if (version.Kind is ValueKind.Text) reading.Value.Reveal(writer, WriteText);
        else reading.Value.Reveal(writer, static (bytes, to) => to.WriteBase64String(ValueBase64, bytes));
        WriteTime(writer, ValidFrom, version.ValidFrom);
        if (version.ValidTo is { } end) WriteTime(writer, ValidTo, end);
        else writer.WriteNull(ValidTo);
        writer.WriteString(State, RecordTexts.Of(version.State));
        writer.WriteEndObject();
    }

    private static void WriteText(ReadOnlySpan<byte> value, Utf8JsonWriter writer)
    {
        writer.WritePropertyName(Value);
        SecretJson.WriteValue(writer, value);
    }

    private static void WriteTime(Utf8JsonWriter writer, JsonEncodedText name, Timestamp time)
    {
        Span<byte> text = stackalloc byte[Timestamp.TextLength];
        time.Write(text);
        writer.WriteString(name, text);
    }
}
