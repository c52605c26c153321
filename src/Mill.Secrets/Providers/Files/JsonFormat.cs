using System.Text.Json;
using System.Text.Unicode;

namespace Mill.Secrets.Providers.Files;

/// <summary>One JSON object (RFC 8259) whose values are all strings. Unescapes straight into pinned memory.</summary>
internal sealed class JsonFormat : IFileFormat
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    public ReadSecrets Read(ReadOnlyMemory<byte> content, FileOrigin origin)
    {
        var read = new ReadSecrets();
        var span = content.Span;
        try
        {
            ReadObject(span.StartsWith(ByteOrderMark) ? span[ByteOrderMark.Length..] : span, read, origin);
            return read;
        }
        catch (Exception e)
        {
            read.Dispose();
            // What the reader says quotes the file, so neither its words nor it itself are passed on.
            if (e is JsonException json) throw origin.Broken($"it is no JSON, in line {json.LineNumber + 1}");
            if (e is InvalidOperationException) throw origin.Broken("a string in it is not text in UTF-8");
            throw;
        }
    }

    public void Write(ReadOnlyMemory<byte> content, string key, SecretValue value, PinnedWriter output, FileOrigin origin)
    {
        if (!value.Reveal(static bytes => Utf8.IsValid(bytes))) throw origin.CannotCarry(key, "it is not text in UTF-8");
        using var read = Read(content, origin);
        read.Put(key, value.Reveal(SecretValue.FromBytes));
        using var writer = new Utf8JsonWriter(output, Indented);
        writer.WriteStartObject();
        foreach (var name in read.Keys)
        {
            writer.WritePropertyName(name);
            read[name].Reveal(writer, static (bytes, to) => SecretJson.WriteValue(to, bytes));
        }
        writer.WriteEndObject();
    }

    private static void ReadObject(ReadOnlySpan<byte> content, ReadSecrets read, FileOrigin origin)
    {
        var reader = new Utf8JsonReader(content);
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject) throw origin.Broken("it is no JSON object");
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType is not JsonTokenType.String) throw NoText(key, reader.TokenType, origin);
            read.Put(key, ReadText(ref reader));
        }
        reader.Read(); // nothing may follow the object
    }

    private static SecretValue ReadText(ref Utf8JsonReader reader)
    {
        // An escape is never shorter than what it stands for.
        using var text = new PinnedWriter(Math.Max(reader.ValueSpan.Length, 1));
        text.Advance(reader.CopyString(text.GetSpan(reader.ValueSpan.Length)));
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    private static SecretConfigurationException NoText(string key, JsonTokenType token, FileOrigin origin)
    {
        var what = token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.Number => "a number",
            JsonTokenType.Null => "null",
            _ => "true or false",
        };
        return origin.Broken($"\"{key}\" is {what}, and only text can be a secret", "Write the value as a string, and nested values under one key each.");
    }
}
