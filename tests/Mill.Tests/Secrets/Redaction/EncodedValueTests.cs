using System.Net;
using System.Security;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Web;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>A value is masked whatever wrote it. Where .NET has the encoder it is asked; the rest was written down from the programs themselves.</summary>
public sealed class EncodedValueTests
{
    private const string Value = "p@ss w0rd/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x";
    private const string Lines = Value + "\tx\ny\e\u0001";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string, string> Encodings => new()
    {
        { "itself", Value },
        { "base64", Convert.ToBase64String(Utf8(Value)) },
        { "base64 in lines", Convert.ToBase64String(Utf8(Value), Base64FormattingOptions.InsertLineBreaks) },
        { "base64url", System.Buffers.Text.Base64Url.EncodeToString(Utf8(Value)) },
        { "hex", Convert.ToHexString(Utf8(Value)) },
        { "small hex", Convert.ToHexStringLower(Utf8(Value)) },
        { "Uri.EscapeDataString", Uri.EscapeDataString(Value) },
        { "WebUtility.UrlEncode", WebUtility.UrlEncode(Value) },
        { "HttpUtility.UrlEncode", HttpUtility.UrlEncode(Value) },
        { "UrlEncoder", UrlEncoder.Default.Encode(Value) },
        { "urllib quote", "p%40ss%20w0rd/%22quoted%22%27single%27%5Cback%24dollar%60tick%26%3Ctag%3E%2Bplus%3D%25%C3%A9%F0%9F%98%80%2C%3B%7C%7B%7D%28%29%5B%5D%2A%3F%21%5E%23~x" },
        { "urllib quote_plus", "p%40ss+w0rd%2F%22quoted%22%27single%27%5Cback%24dollar%60tick%26%3Ctag%3E%2Bplus%3D%25%C3%A9%F0%9F%98%80%2C%3B%7C%7B%7D%28%29%5B%5D%2A%3F%21%5E%23~x" },
        { "encodeURI", "p@ss%20w0rd/%22quoted%22'single'%5Cback$dollar%60tick&%3Ctag%3E+plus=%25%C3%A9%F0%9F%98%80,;%7C%7B%7D()%5B%5D*?!%5E#~x" },
        { "encodeURIComponent", "p%40ss%20w0rd%2F%22quoted%22'single'%5Cback%24dollar%60tick%26%3Ctag%3E%2Bplus%3D%25%C3%A9%F0%9F%98%80%2C%3B%7C%7B%7D()%5B%5D*%3F!%5E%23~x" },
        { "a form in a browser", "p%40ss+w0rd%2F%22quoted%22%27single%27%5Cback%24dollar%60tick%26%3Ctag%3E%2Bplus%3D%25%C3%A9%F0%9F%98%80%2C%3B%7C%7B%7D%28%29%5B%5D*%3F%21%5E%23%7Ex" },
        { "JsonSerializer", JsonSerializer.Serialize(Value) },
        { "JsonSerializer, relaxed", JsonSerializer.Serialize(Value, Relaxed) },
        { "JSON.stringify", Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) },
        { "json.dumps", """p@ss w0rd/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%\u00e9\ud83d\ude00,;|{}()[]*?!^#~x""" },
        { "json.dumps in capitals", """p@ss w0rd/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%\u00E9\uD83D\uDE00,;|{}()[]*?!^#~x""" },
        { "json_encode", """p@ss w0rd\/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%\u00e9\ud83d\ude00,;|{}()[]*?!^#~x""" },
        { "json of Go", """p@ss w0rd/\"quoted\"'single'\\back$dollar`tick\u0026\u003ctag\u003e+plus=%é😀,;|{}()[]*?!^#~x""" },
        { "single quotes", Shell(Value) },
        { "shlex.quote", """'p@ss w0rd/"quoted"'"'"'single'"'"'\back$dollar`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x'""" },
        { "PowerShell", Value.Replace("'", "''", StringComparison.Ordinal) },
        { "double quotes", """p@ss w0rd/\"quoted\"'single'\\back\$dollar\`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x""" },
        { "arguments of Windows", Value.Replace("\"", "\\\"", StringComparison.Ordinal) },
        { "printf %q", """p@ss\ w0rd/\"quoted\"\'single\'\\back\$dollar\`tick\&\<tag\>+plus=%é😀\,\;\|\{\}\(\)\[\]\*\?\!\^#~x""" },
        { "XML", SecurityElement.Escape(Value) },
        { "WebUtility.HtmlEncode", WebUtility.HtmlEncode(Value) },
        { "HtmlEncoder", HtmlEncoder.Default.Encode(Value) },
        { "html.escape", "p@ss w0rd/&quot;quoted&quot;&#x27;single&#x27;\\back$dollar`tick&amp;&lt;tag&gt;+plus=%é😀,;|{}()[]*?!^#~x" },
        { "html.EscapeString", "p@ss w0rd/&#34;quoted&#34;&#39;single&#39;\\back$dollar`tick&amp;&lt;tag&gt;+plus=%é😀,;|{}()[]*?!^#~x" },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void It_is_masked_in_each_encoding(string encoding, string encoded)
    {
        using var redactor = Redactors.Of("other-value", Value);
        // Quotes are the encoding's, not the value's.
        var text = encoded.Trim('"').TrimStart('\'').TrimEnd('\'');
        Assert.True(redactor.Apply($"before:{text}:after") == "before:[REDACTED]:after", $"{encoding}: {redactor.Apply(text)}");
    }

    [Theory]
    [InlineData("""p@ss w0rd/"quoted"\'single\'\\back$dollar`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x\tx\ny\E\001""")]
    [InlineData("""p@ss w0rd/"quoted"\'single\'\\back$dollar`tick&<tag>+plus=%\303\251\360\237\230\200,;|{}()[]*?!^#~x\tx\ny\E\001""")]
    [InlineData("""p@ss w0rd/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x\tx\ny\u001b\u0001""")]
    [InlineData("""p@ss w0rd/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%é😀,;|{}()[]*?!^#~x\tx\ny\u001B\u0001""")]
    [InlineData("""p@ss w0rd\/\"quoted\"'single'\\back$dollar`tick&<tag>+plus=%\u00e9\ud83d\ude00,;|{}()[]*?!^#~x\tx\ny\u001b\u0001""")]
    public void Control_characters_are_known_as_bash_and_json_write_them(string encoded)
    {
        using var redactor = Redactors.Of(Lines);
        Assert.Equal("before:[REDACTED]:after", redactor.Apply($"before:{encoded}:after"));
        Assert.Equal("before:[REDACTED]:after", redactor.Apply($"before:{JsonSerializer.Serialize(Lines).Trim('"')}:after"));
    }

    [Theory]
    [InlineData("abcd")]
    [InlineData("abcde")]
    [InlineData("a-value_1.x")]
    [InlineData("?>?>?>?>?>~~")]
    public void Base64_alone_is_masked_with_padding_and_without(string value)
    {
        using var redactor = Redactors.Of(value);
        var (standard, url) = (Convert.ToBase64String(Utf8(value)), System.Buffers.Text.Base64Url.EncodeToString(Utf8(value)));
        Assert.Equal("[REDACTED] [REDACTED] [REDACTED].", redactor.Apply($"{standard} {standard.TrimEnd('=')} {url}."));
        Assert.Equal("[REDACTED].", redactor.Apply($"{standard.Replace('+', '-').Replace('/', '_')}."));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Inside_of_more_that_was_encoded_nothing_of_it_is_left_but_the_edges(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var (before, value, after) = (Bytes(random, 0, 40), Bytes(random, 8, 50), Bytes(random, 0, 40));
            using var redactor = Redactors.Of([value]);
            var whole = Convert.ToBase64String([.. before, .. value, .. after]);
            var masked = redactor.Apply(i % 2 is 0 ? whole : whole.Replace('+', '-').Replace('/', '_'));
            // Of the characters that hold bits of the value at most one at each end stays, of which four bits are the value's.
            var (first, last) = (before.Length * 4 / 3, ((before.Length + value.Length) * 8 - 1) / 6);
            var left = masked.Replace("[REDACTED]", "", StringComparison.Ordinal).Length;
            Assert.Contains("[REDACTED]", masked, StringComparison.Ordinal);
            Assert.InRange(left, 0, whole.Length - (last - first + 1) + 2);
        }
    }

    [Fact]
    public void A_user_and_a_password_in_a_header_are_masked()
    {
        using var redactor = Redactors.Of("hunter2-hunter2");
        foreach (var user in new[] { "a", "ab", "abc", "abcd" })
        {
            var header = "Authorization: Basic " + Convert.ToBase64String(Utf8($"{user}:hunter2-hunter2"));
            Assert.Matches("^Authorization: Basic [A-Za-z0-9+/]{0,8}\\[REDACTED\\][A-Za-z0-9+/]?=*$", redactor.Apply(header));
        }
    }

    private static string Shell(string value)
    {
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Null(DotEnvQuoting.TryWrite(DotEnvFormat.Shell, Utf8(value), 0, writer));
        return Encoding.UTF8.GetString(writer.WrittenSpan);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Bytes(Random random, int shortest, int longest)
    {
        var bytes = new byte[random.Next(shortest, longest + 1)];
        random.NextBytes(bytes);
        return bytes;
    }
}
