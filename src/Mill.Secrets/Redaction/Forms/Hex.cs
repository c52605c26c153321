using System.Buffers;

namespace Mill.Secrets.Redaction.Forms;

internal static class Hex
{
    /// <summary>Writes the last <paramref name="digits"/> hexadecimal digits of a number.</summary>
    public static void WriteHex(this IBufferWriter<byte> output, int number, int digits, bool isUpper)
    {
        var alphabet = isUpper ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        var target = output.GetSpan(digits);
        for (var i = digits - 1; i >= 0; i--, number >>= 4) target[i] = alphabet[number & 15];
        output.Advance(digits);
    }
}
