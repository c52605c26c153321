using System.Net;
using System.Security;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Mill.Tests.Sync;

/// <summary>What programs make of a value when they show it, and of each of its lines: what must be in no output.</summary>
internal static class Renderings
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<string> Of(string value) =>
        [.. value.Split('\r', '\n').Select(line => line.Trim()).Where(line => line.Length > 5).Append(value).SelectMany(Whole).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> Whole(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        yield return text;
        yield return Uri.EscapeDataString(text);
        yield return WebUtility.UrlEncode(text);
        yield return JsonSerializer.Serialize(text)[1..^1];
        yield return JsonSerializer.Serialize(text, Relaxed)[1..^1];
        yield return SecurityElement.Escape(text);
        yield return WebUtility.HtmlEncode(text);
        yield return Convert.ToHexString(bytes);
        yield return Convert.ToHexStringLower(bytes);
        yield return text.Replace("'", "''", StringComparison.Ordinal); // PowerShell, in single quotes
        yield return text.Replace("`", "``", StringComparison.Ordinal).Replace("\"", "`\"", StringComparison.Ordinal).Replace("$", "`$", StringComparison.Ordinal).Replace("\r", "`r", StringComparison.Ordinal).Replace("\n", "`n", StringComparison.Ordinal); // and in double ones
        for (var shift = 0; shift < 3; shift++)
        {
            var base64 = Shifted(bytes, shift);
            yield return base64;
            yield return base64.Replace('+', '-').Replace('/', '_');
        }
    }

    /// <summary>The characters of base64 that only these bytes make, where so many others stand before them.</summary>
    private static string Shifted(byte[] bytes, int before)
    {
        var text = Convert.ToBase64String([.. new byte[before], .. bytes]);
        var (first, end) = (((before * 8) + 5) / 6, (before + bytes.Length) * 8 / 6);
        return text[first..end];
    }
}
