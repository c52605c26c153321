using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value in HTML or XML. The writers differ in what they make of quotes.</summary>
internal static class MarkupForms
{
    private static readonly CharacterForm Basic = With("&#39;", "&quot;");

    public static readonly CharacterForm[] All =
    [
        With("'", "\""), // text between tags
        With("'", "&quot;"), // attributes
        With("&apos;", "&quot;"), // XML, SecurityElement
        Basic, // JavaScript
        With("&#x27;", "&quot;"), // Python
        With("&#39;", "&#34;"), // Go
        Decimal, // WebUtility
    ];

    private static CharacterForm With(string apostrophe, string quote)
    {
        var (apostropheBytes, quoteBytes) = (Encoding.ASCII.GetBytes(apostrophe), Encoding.ASCII.GetBytes(quote));
        return (character, bytes, output) => output.Write(character.Value switch
        {
            '&' => "&amp;"u8,
            '<' => "&lt;"u8,
            '>' => "&gt;"u8,
            '\'' => apostropheBytes,
            '"' => quoteBytes,
            _ => bytes,
        });
    }

    private static void Decimal(Rune character, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        if (character.Value is not (>= 160 and < 256 or > 0xffff))
        {
            Basic(character, bytes, output);
            return;
        }
        output.Write("&#"u8);
        character.Value.TryFormat(output.GetSpan(8), out var length, default, CultureInfo.InvariantCulture);
        output.Advance(length);
        output.Write(";"u8);
    }
}
