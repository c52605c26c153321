using System.Text;

namespace Mill.State.Embedded;

/// <summary>Keys as the database sees them.</summary>
internal static class KeyText
{
    // Strict: a lone surrogate would otherwise become a question mark, and two keys one.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Encode(string key) => Strict.GetBytes(key);

    public static string Decode(ReadOnlySpan<byte> key) => Strict.GetString(key);
}
