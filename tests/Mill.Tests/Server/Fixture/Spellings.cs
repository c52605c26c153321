using System.Text;

namespace Mill.Tests.Server.Fixture;

/// <summary>Every way in which a secret may have been written down.</summary>
internal static class Spellings
{
    public static IEnumerable<byte[]> Of(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        yield return bytes;
        yield return Encoding.Unicode.GetBytes(secret);
        yield return Encoding.BigEndianUnicode.GetBytes(secret);
        yield return Encoding.ASCII.GetBytes(Uri.EscapeDataString(secret));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(bytes));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes));
        yield return Encoding.UTF8.GetBytes(System.Text.Json.JsonEncodedText.Encode(secret).Value);
        for (var offset = 0; offset < 3; offset++)
        {
            // Inside a longer text: only the characters that no neighbour has a share in.
            var text = Convert.ToBase64String([.. new byte[offset], .. bytes]);
            var start = offset == 0 ? 0 : offset + 1;
            var inner = text[start..(((offset + bytes.Length) * 8 / 6) - 1)];
            yield return Encoding.ASCII.GetBytes(inner);
            yield return Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_'));
        }
    }
}
