using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Mill.Secrets;

/// <summary>
/// Writes a secret as a JSON string. <see cref="Utf8JsonWriter"/> does the same, but escapes what is longer than a few hundred bytes in memory that it shares with the whole process and does not clear.
/// </summary>
public static class SecretJson
{
    private const int InPlace = 256 / LongestEscape; // the writer uses its stack for what cannot grow beyond 256 bytes
    private const int LongestEscape = 6; // \u0000

    /// <summary>Writes the value of a property, escaped as the writer's other texts are; what is no UTF-8 becomes U+FFFD, as there. In a list it begins no new line, indented or not.</summary>
    public static void WriteValue(Utf8JsonWriter writer, ReadOnlySpan<byte> utf8)
    {
        var encoder = writer.Options.Encoder ?? JavaScriptEncoder.Default;
        if (utf8.Length <= InPlace || encoder.FindFirstCharacterToEncodeUtf8(utf8) < 0) writer.WriteStringValue(utf8);
        else WriteEscaped(writer, utf8, encoder);
    }

    private static void WriteEscaped(Utf8JsonWriter writer, ReadOnlySpan<byte> utf8, JavaScriptEncoder encoder)
    {
        using var text = new PinnedWriter(utf8.Length + (utf8.Length / 8) + 2);
        text.Write("\""u8);
        for (var isFinal = false; !isFinal;)
        {
            isFinal = encoder.EncodeUtf8(utf8, text.GetSpan(LongestEscape * 2), out var read, out var written) is OperationStatus.Done;
            text.Advance(written);
            utf8 = utf8[read..];
        }
        text.Write("\""u8);
        writer.WriteRawValue(text.WrittenSpan, skipInputValidation: true);
    }
}
