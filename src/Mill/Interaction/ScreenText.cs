namespace Mill.Interaction;

/// <summary>Whether bytes of a text can go to a screen as they are.</summary>
internal static class ScreenText
{
    private const byte Delete = 0x7f;
    private const byte C1Lead = 0xc2; // U+0080 to U+009F in UTF-8: C2 80 to C2 9F; a screen may take them for escapes

    public static bool IsSafe(ReadOnlySpan<byte> utf8)
    {
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] is < (byte)' ' and not (byte)'\t' and not (byte)'\n' or Delete) return false;
            if (utf8[i] is C1Lead && i + 1 < utf8.Length && utf8[i + 1] is >= 0x80 and <= 0x9f) return false;
        }
        return true;
    }
}
