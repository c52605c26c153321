using System.Buffers;
using System.Text;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value in a URL (RFC 3986, section 2.1) or in a form. The writers differ in what they leave as it is, in the blank, and in the case of the digits.</summary>
internal static class PercentForms
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static readonly CharacterForm[] All =
    [
        .. With("-._~", '%'), // RFC 3986, Uri.EscapeDataString, rawurlencode of PHP
        .. With("-._~", '+'), // Go, quote_plus of Python
        .. With("-._~/", '%'), // quote of Python
        .. With("-._!*()", '+'), // WebUtility
        .. With("-._*", '+'), // forms in browsers, Java
        .. With("-._", '+'), // urlencode of PHP
        .. With("-._~!*'()", '%'), // encodeURIComponent
        .. With("-._~!*'();/?:@&=+$,#", '%'), // encodeURI
        .. With("-._~!$&'()*+,;=:@", '%'), // a segment of a path
        .. With("-._~!$&'()*+,;=:@/", '%'), // a path
    ];

    private static CharacterForm[] With(string kept, char blank)
    {
        var asIs = SearchValues.Create(Encoding.ASCII.GetBytes(Letters + kept));
        return [(_, bytes, output) => Write(bytes, asIs, blank, isUpper: true, output), (_, bytes, output) => Write(bytes, asIs, blank, isUpper: false, output)];
    }

    private static void Write(ReadOnlySpan<byte> bytes, SearchValues<byte> asIs, char blank, bool isUpper, IBufferWriter<byte> output)
    {
        foreach (var b in bytes)
        {
            if (asIs.Contains(b)) output.Write([b]);
            else if (b is (byte)' ' && blank is '+') output.Write("+"u8);
            else
            {
                output.Write("%"u8);
                output.WriteHex(b, 2, isUpper);
            }
        }
    }
}
