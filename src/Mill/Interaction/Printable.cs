using System.Globalization;
using System.Text;

namespace Mill.Interaction;

/// <summary>Text that comes from elsewhere, made harmless for a screen: a name must not be able to move the cursor or to turn the reading direction.</summary>
internal static class Printable
{
    public static string From(string text)
    {
        foreach (var character in text)
        {
            if (IsHarmful(character)) return Escape(text);
        }
        return text;
    }

    private static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            if (IsHarmful(character)) safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else safe.Append(character);
        }
        return safe.ToString();
    }

    private static bool IsHarmful(char character) => character switch
    {
        >= ' ' and <= '~' => false,
        _ => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };
}
