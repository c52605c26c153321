using System.Buffers;
using System.Buffers.Text;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value in base64 (RFC 4648, both alphabets): alone, with and without padding and in lines, and inside of more that was encoded with it.</summary>
/// <remarks>
/// Three bytes become four characters, so what the value becomes inside of more depends on how many bytes stand before it, modulo three. The characters at both ends hold bits of the neighbours too: they are
/// not masked, and tell up to four bits of the value at its beginning and at its end.
/// </remarks>
internal static class Base64Forms
{
    private static readonly int[] LineLengths = [64, 76]; // PEM (RFC 7468) and MIME (RFC 2045), as base64(1) and Convert write it

    public static void AddTo(PatternList patterns, ReadOnlySpan<byte> value)
    {
        using var shifted = new PinnedWriter(value.Length + 2);
        shifted.Write("\0\0"u8);
        shifted.Write(value);
        for (var shift = 0; shift < 3; shift++) Add(patterns, shifted.WrittenSpan[(2 - shift)..], shift);
    }

    private static void Add(PatternList patterns, ReadOnlySpan<byte> bytes, int shift)
    {
        using var writer = new PinnedWriter(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, writer.GetSpan(), out _, out var length);
        var text = writer.GetSpan()[..length];
        // The characters that the value alone decides.
        var inner = text[((8 * shift + 5) / 6)..(int)(8L * bytes.Length / 6)];
        AddAlone(patterns, text, shift);
        AddInner(patterns, inner);
        text.Replace((byte)'+', (byte)'-');
        text.Replace((byte)'/', (byte)'_');
        AddAlone(patterns, text, shift);
        AddInner(patterns, inner);
    }

    private static void AddInner(PatternList patterns, ReadOnlySpan<byte> text)
    {
        if (text.Length >= SecretRedactor.ShortestPart) patterns.Add(text);
    }

    private static void AddAlone(PatternList patterns, ReadOnlySpan<byte> text, int shift)
    {
        if (shift > 0) return;
        patterns.Add(text);
        patterns.Add(text.TrimEnd((byte)'='));
        foreach (var length in LineLengths) AddLines(patterns, text, length);
    }

    private static void AddLines(PatternList patterns, ReadOnlySpan<byte> text, int length)
    {
        if (text.Length <= length) return;
        using var unix = new PinnedWriter(text.Length + text.Length / 32);
        using var windows = new PinnedWriter(text.Length + text.Length / 32);
        for (; text.Length > length; text = text[length..])
        {
            AddInner(patterns, text[..length]);
            unix.Write(text[..length]);
            unix.Write("\n"u8);
            windows.Write(text[..length]);
            windows.Write("\r\n"u8);
        }
        AddInner(patterns, text);
        unix.Write(text);
        windows.Write(text);
        patterns.Add(unix.WrittenSpan);
        patterns.Add(windows.WrittenSpan);
    }
}
