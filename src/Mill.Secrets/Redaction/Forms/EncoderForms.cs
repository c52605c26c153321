using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value as the encoders of .NET write it, which escape more than they must; the digits in both cases, because others that do the same write them small.</summary>
internal static class EncoderForms
{
    private const int MostBytes = 24; // what one character can become: two units of \uXXXX, or an entity, or four bytes of %XX

    public static readonly CharacterForm[] All =
        [.. new TextEncoder[] { JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping, HtmlEncoder.Default, UrlEncoder.Default }.SelectMany(With)];

    private static CharacterForm[] With(TextEncoder encoder) =>
        [(character, _, output) => Write(encoder, character, isLower: false, output), (character, _, output) => Write(encoder, character, isLower: true, output)];

    private static void Write(TextEncoder encoder, Rune character, bool isLower, IBufferWriter<byte> output)
    {
        Span<byte> utf8 = stackalloc byte[4];
        utf8 = utf8[..character.EncodeToUtf8(utf8)];
        var target = output.GetSpan(MostBytes);
        encoder.EncodeUtf8(utf8, target, out _, out var length);
        // Whatever is an escape has nothing but digits that could be in the other case.
        if (isLower && length > utf8.Length) Ascii.ToLowerInPlace(target[..length], out _);
        output.Advance(length);
    }
}
