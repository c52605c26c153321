using System.Text;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>Values come back byte for byte.</summary>
public sealed class ValueTests : IAsyncLifetime
{
    private const int MaxSize = 256 * 1024;

    private TestServer _server = null!;

    public static TheoryData<string, string> Texts => new()
    {
        { "empty", "" },
        { "space", " " },
        { "controls", new([.. Enumerable.Range(0, 32).Select(code => (char)code), '\u007f', '\u0080', '\u009f']) },
        { "emoji", "👩🏽‍🚀 🏴󠁧󠁢󠁷󠁬󠁳󠁿 ❤️" },
        { "byte order mark", "\ufeffvalue" },
        { "noncharacters", "\ufffe\uffff\ufdd0 \U0010ffff" },
        { "separators", "\u2028\u2029\u00a0\u200b\u202e" },
        { "combining", "e\u0301 \u00e9" },
        { "json", "{\"a\":[1,\"\\u0000\"]}\\\"/" },
        { "html", "<script>&amp;'</script>" },
        { "line ends", "a\r\nb\rc\n\n" },
        { "largest", new string('x', MaxSize) },
        { "largest of two bytes each", new string('é', MaxSize / 2) },
        { "largest of quotes", new string('"', MaxSize) },
    };

    public static TheoryData<string, byte[]> Binaries => new()
    {
        { "empty", [] },
        { "NUL", [0] },
        { "NULs", new byte[4096] },
        { "every byte", [.. Enumerable.Range(0, 256).Select(code => (byte)code)] },
        { "not UTF-8", [0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff] },
        { "largest", [.. Enumerable.Range(0, MaxSize).Select(index => (byte)(index * 31))] },
        { "largest of NULs", new byte[MaxSize] },
    };

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_comes_back_as_it_was(string name, string text)
    {
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", Encoding.UTF8.GetBytes($"{{\"value\":\"{Escape(text)}\"}}"))).Is(201);
        Assert.True(text == (await _server.Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString(), name);
    }

    [Theory]
    [MemberData(nameof(Binaries))]
    public async Task Bytes_come_back_as_they_were(string name, byte[] bytes)
    {
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", new { value_base64 = Convert.ToBase64String(bytes) })).Is(201);
        Assert.True(Enumerable.SequenceEqual(bytes, (await _server.Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value_base64").GetBytesFromBase64()), name);
    }

    [Fact]
    public async Task One_byte_more_than_allowed_is_too_large_as_text_and_as_bytes()
    {
        (await _server.Operator.SetAsync("a", new string('x', MaxSize + 1))).IsProblem(413, "too_large");
        (await _server.Operator.SetAsync("a", new string('é', (MaxSize / 2) + 1))).IsProblem(413, "too_large");
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", new { value_base64 = Convert.ToBase64String(new byte[MaxSize + 1]) })).IsProblem(413, "too_large");
        (await _server.Operator.GetAsync("/v1/secrets/a")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_text_escaped_in_any_way_is_the_same_text()
    {
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", """{"value":"\u0070\u0077\ud83d\ude00\/"}""")).Is(201);
        Assert.Equal("pw😀/", (await _server.Operator.GetAsync("/v1/secrets/a")).Json.GetProperty("value").GetString());
        Assert.False((await _server.Operator.SetAsync("a", "pw😀/")).Json.GetProperty("changed").GetBoolean());
    }

    [Theory]
    [InlineData("""{"value":"\ud800"}""")]
    [InlineData("""{"value":"\udc00\ud800"}""")]
    [InlineData("""{"value":1}""")]
    [InlineData("""{"value":["secret-canary"]}""")]
    [InlineData("""{"value_base64":"AAE"}""")]
    [InlineData("""{"value_base64":"AA E="}""")]
    [InlineData("""{"value_base64":"AAE=\n"}""")]
    [InlineData("""{"value_base64":"-_-_"}""")]
    [InlineData("""{"value_base64":"secret-canary"}""")]
    public async Task What_is_no_value_is_an_invalid_value(string body)
    {
        var answer = (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", body)).IsProblem(400, "invalid_value");
        Assert.DoesNotContain("secret-canary", answer.Text, StringComparison.Ordinal);
        Assert.StartsWith("/value", answer.Json.GetProperty("errors")[0].GetProperty("pointer").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_utf8_is_an_invalid_value()
    {
        var body = Encoding.Latin1.GetBytes("{\"value\":\"secret-canary\u00c3(\"}");
        var answer = (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", body)).IsProblem(400, "invalid_value");
        Assert.DoesNotContain("secret-canary", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"value":null}""")]
    [InlineData("""{"value":"a","value_base64":"YQ=="}""")]
    [InlineData("""{"value":"a","vaule":"b"}""")]
    [InlineData("""{"Value":"a"}""")]
    [InlineData("""{"value":"a","value":"b"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_body_without_exactly_one_value_is_an_invalid_request(string body) =>
        (await _server.Operator.SendAsync("PUT", "/v1/secrets/a", body)).IsProblem(400, "invalid_request");

    /// <summary>The least that JSON asks for, so that the largest values fit into a request.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '"' or '\\') escaped.Append('\\').Append(c);
            else if (c < ' ') escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
