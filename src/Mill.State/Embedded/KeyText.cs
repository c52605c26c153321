using System.Text;

namespace Mill.State.Embedded;

/// <summary>Keys as the database sees them.</summary>
internal static class KeyText
{
    // Strict: a lone surrogate would otherwise become a question mark, and two keys one.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Encode(string key) => Strict.GetBytes(key);

    public static string Decode(ReadOnlySpan<byte> key) => Strict.GetString(key);

    /// <summary>The first bytes that sort after all that begins with a prefix; empty if there are none. UTF-8 never holds 0xFF, so the last byte can grow.</summary>
    public static byte[] After(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.ToArray();
        if (end.Length > 0)
            end[^1]++;
        return end;
    }
}
