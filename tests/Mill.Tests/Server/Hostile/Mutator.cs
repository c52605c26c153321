using System.Text;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Hostile;

/// <summary>Breaks valid requests a little. The same seed breaks them in the same way.</summary>
internal sealed class Mutator(int seed, string token)
{
    /// <summary>No splice carries a whole token or canary to where names are repeated to the caller.</summary>
    private const int LongestSplice = 20;

    private static readonly string[] Interesting =
    [
        "\0", "\r\n", "\r\n\r\n", "%00", "%2f", "%2e%2e", "../", "//", "\u00ff", "\u00c3(", "\"", "{", "}", "[", "]", ",", ":", "null", "-1", "0", "1e9", "NaN", "99999999999999999999", "\\ud800", "\\u0000", "true", "?force=true", "?version=0", "&", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        "If-Match: \"1\"\r\n", "If-None-Match: *\r\n", "Idempotency-Key: k\r\n", "Mill-Tenant: b\r\n", "Connection: close\r\n", "/history", "/destroy", "HEAD ", "DELETE ", " HTTP/1.1", "\ufeff",
    ];

    private readonly Random _random = new(seed);
    private readonly byte[][] _templates =
    [
        RawHttp.Request("GET", "/v1/secrets/a?version=1", token),
        RawHttp.Request("GET", "/v1/secrets/a?at=2026-01-01T00:00:00Z", token),
        RawHttp.Request("GET", "/v1/secrets/a/history?limit=5&before=9", token),
        RawHttp.Request("GET", "/v1/secrets?prefix=a&limit=10&after=a", token),
        RawHttp.Request("PUT", "/v1/secrets/a", token, $$"""{"value":"{{FuzzTests.Sent}}"}""", "If-Match: \"1\"", "Idempotency-Key: key-1"),
        RawHttp.Request("PUT", "/v1/secrets/b?force=true", token, """{"value_base64":"AAECAwQFBgcICQ=="}""", "Mill-Tenant: b"),
        RawHttp.Request("DELETE", "/v1/secrets/b", token, null, "If-Match: \"3\""),
        RawHttp.Request("POST", "/v1/secrets/b/destroy", token, """{"versions":[1,2,3]}"""),
        RawHttp.Request("POST", "/v1/transactions", token, $$"""{"operations":[{"op":"set","name":"c","value":"{{FuzzTests.Sent}}","if_version":1},{"op":"delete","name":"d"}]}"""),
        RawHttp.Request("POST", "/v1/tokens", token, """{"subject":"s","role":"reader","allow":["a*"],"deny":[],"expires_in":"1h"}"""),
        RawHttp.Request("PUT", "/v1/retention", token, """{"max_versions":50,"max_age":"90d"}"""),
        RawHttp.Request("GET", "/v1/status", token),
        RawHttp.Request("PUT", "/v1/secrets/chunked", token, "5\r\n{\"val\r\n8\r\nue\":\"x\"}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    ];

    public byte[] Next()
    {
        var bytes = _templates[_random.Next(_templates.Length)].ToList();
        for (var times = _random.Next(1, 4); times > 0; times--) Mutate(bytes);
        return [.. bytes];
    }

    private void Mutate(List<byte> bytes)
    {
        // Mostly in the target or the body: what is broken elsewhere, the HTTP server refuses before Mill sees it.
        var body = Math.Max(0, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).IndexOf("\r\n\r\n"u8)) + 4;
        var at = _random.Next(8) switch
        {
            < 4 when body < bytes.Count => _random.Next(body, bytes.Count + 1),
            < 7 => _random.Next(Math.Min(bytes.Count, 4), Math.Min(bytes.Count, 34) + 1),
            _ => _random.Next(bytes.Count + 1),
        };
        var length = Math.Min(_random.Next(1, LongestSplice), bytes.Count - at);
        switch (_random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.Add((byte)'\n');
                break;
            case 4:
                var other = _templates[_random.Next(_templates.Length)];
                var from = _random.Next(other.Length);
                bytes.InsertRange(at, other.Skip(from).Take(LongestSplice));
                break;
            case 5:
                var noise = new byte[_random.Next(1, 8)];
                _random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
            default:
                bytes.InsertRange(at, Encoding.Latin1.GetBytes(Interesting[_random.Next(Interesting.Length)]));
                break;
        }
    }
}
