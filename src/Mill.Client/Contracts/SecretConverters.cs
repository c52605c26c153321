using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Mill.Secrets;

namespace Mill.Client.Contracts;

/// <summary>A secret as a JSON string. Unescapes straight into pinned memory; no <see cref="string"/> is ever made.</summary>
public sealed class SecretTextConverter : JsonConverter<SecretValue>
{
    public override SecretValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.String) throw new SecretFormatException();
        using var text = Unescape(ref reader);
        if (!Utf8.IsValid(text.WrittenSpan)) throw new SecretFormatException();
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    public override void Write(Utf8JsonWriter writer, SecretValue value, JsonSerializerOptions options) =>
        value.Reveal(writer, static (bytes, to) => SecretJson.WriteValue(to, bytes));

    internal static PinnedWriter Unescape(ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length;
        var text = new PinnedWriter(Math.Max(length, 1));
        try
        {
            // An escape is never shorter than what it stands for, so the length in the document is enough.
            text.Advance(reader.CopyString(text.GetSpan(length)));
            return text;
        }
        catch (InvalidOperationException e)
        {
            text.Dispose();
            throw new SecretFormatException(e);
        }
    }
}

/// <summary>A value is not a string, or not one of the right kind. Tells a bad value from bad JSON around it; says nothing of what it holds.</summary>
public sealed class SecretFormatException(Exception? cause = null) : JsonException(null, cause);

/// <summary>A secret as base64 (RFC 4648, with padding) in a JSON string.</summary>
public sealed class SecretBase64Converter : JsonConverter<SecretValue>
{
    public override SecretValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Decode(ref reader);

    public override void Write(Utf8JsonWriter writer, SecretValue value, JsonSerializerOptions options) =>
        value.Reveal(writer, static (bytes, to) => to.WriteBase64StringValue(bytes));

    internal static SecretValue Decode(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.String) throw new SecretFormatException();
        using var text = SecretTextConverter.Unescape(ref reader);
        using var bytes = new PinnedWriter(Math.Max(1, Base64.GetMaxDecodedFromUtf8Length(text.WrittenCount)));
        var status = Base64.DecodeFromUtf8(text.WrittenSpan, bytes.GetSpan(), out _, out var length);
        if (status is not OperationStatus.Done || text.WrittenSpan.ContainsAny(" \t\r\n"u8)) throw new SecretFormatException();
        bytes.Advance(length);
        return SecretValue.FromBytes(bytes.WrittenSpan);
    }
}

/// <summary>Secrets as JSON strings, by name. A name that stands there twice is an error.</summary>
public sealed class SecretTextsConverter : JsonConverter<IReadOnlyDictionary<string, SecretValue>>
{
    private static readonly SecretTextConverter Text = new();

    public override IReadOnlyDictionary<string, SecretValue> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartObject) throw new JsonException();
        var texts = new Dictionary<string, SecretValue>(StringComparer.Ordinal);
        try
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                var value = Text.Read(ref reader, typeof(SecretValue), options)!;
                if (texts.TryAdd(name, value)) continue;
                value.Dispose();
                throw new JsonException();
            }
            return texts;
        }
        catch
        {
            foreach (var value in texts.Values) value.Dispose();
            throw;
        }
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, SecretValue> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value)
        {
            writer.WritePropertyName(name);
            Text.Write(writer, text, options);
        }
        writer.WriteEndObject();
    }
}

/// <summary>RFC 3339 in UTC with six digits, so that texts sort as the moments do.</summary>
public sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[32];
        value.UtcDateTime.TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
