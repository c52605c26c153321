using System.Text;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Hostile;

/// <summary>Requests that somebody might send to break something. None of them may succeed.</summary>
internal static class Corpus
{
    private const int MiB = 1 << 20;

    public static IEnumerable<(string Name, byte[] Request)> All(string token) =>
        [.. Paths(token), .. Bodies(token), .. Headers(token), .. Lines(token)];

    private static IEnumerable<(string Name, byte[] Request)> Paths(string token)
    {
        string[] names =
        [
            "%2e%2e%2fstatus", "..%2f..%2fetc%2fpasswd", "a/%2e%2e/b", "..;/a", "a/..;/b", "%00", "a%00", "%252e%252e", "a%252fb", "a//b", "/a", "a/", "a\\b", "a%5cb", "%c0%ae%c0%ae", "%ff", "%", "%2", "%zz", "a%20b", "a+b", "a;b",
            "a:b", "a@b", "~a", "-a", ".a", "*", "\u00e9", "%e2%80%ae", "%F0%9F%98%80", "a#b", "\"a\"", "<a>", "{a}", "a|b", new('a', 256), "a%0d%0aX: y", "a%09", "%u0041", "a%2f", "%2fa", "./a", "a/.", "a/%2e", "a%3fversion=1",
        ];
        foreach (var name in names)
        {
            yield return ($"GET {Short(name)}", RawHttp.Request("GET", $"/v1/secrets/{name}", token));
            yield return ($"PUT {Short(name)}", RawHttp.Request("PUT", $"/v1/secrets/{name}", token, """{"value":"x"}"""));
            yield return ($"DELETE {Short(name)}", RawHttp.Request("DELETE", $"/v1/secrets/{name}", token));
        }
        foreach (var target in new[] { "//v1/secrets/a", "/v1//secrets/a", "/V1/SECRETS/a", "/v1/status/../secrets/a", "/%76%31/secrets/a", "/v1/secrets%2fa", "http://other.example/v1/secrets/none", "http://", "ftp://x/v1/secrets/none", "*", "x:80", "v1/secrets/a", "", "\\v1\\secrets\\a", "/v1/secrets/" + new string('a', 9000), "/v1/secrets?" + new string('x', 9000) })
            yield return ($"target {Short(target)}", RawHttp.Request("GET", target, token));
    }

    private static IEnumerable<(string Name, byte[] Request)> Bodies(string token)
    {
        string[] bodies =
        [
            "", " ", "{", "}", "[", "[]", "null", "true", "1", "\"x\"", "{\"value\"", "{\"value\":", "{\"value\":\"x", "{\"value\":\"x\"", "{\"value\":\"x\"}}", "{\"value\":\"x\"} x", "{'value':'x'}", "{value:\"x\"}", "{\"value\":\"x\",}", "{\"value\":\"x\"}//c", "{\"value\":\"x\"}\0",
            "{\"value\":null}", "{\"value\":1}", "{\"value\":true}", "{\"value\":{}}", "{\"value\":[\"x\"]}", "{\"value\":\"x\",\"value\":\"y\"}", "{\"value\":\"x\",\"extra\":1}", "{\"value\":\"\\ud800\"}", "{\"value\":\"\\udc00\\ud800\"}", "{\"value\":\"\\x\"}", "{\"value\":\"\\u12\"}", "{\"value\":\"\n\"}",
            "{\"\\ud800\":\"x\"}", "{\"value\":\"x\",\"\\ud800\":1}", "{\"\u00ff\":\"x\"}", "{\"value\":\"\u00c0\u00af\"}", "{\"value\":\"\u00ed\u00a0\u0080\"}", "{\"value\":\"\u00ff\"}", "\u00ef\u00bb\u00bf{\"value\":1}", "\u00ff\u00fe{\0", "{\"value_base64\":\"?\"}", "{\"value\":\"x\",\"value_base64\":\"eA==\"}", "{\"valu\\u0065\":1}", "{\"__proto__\":{}}",
            new('[', 100_000), string.Concat(Enumerable.Repeat("{\"value\":", 5000)), "{\"value\":" + new string('9', 100_000) + "}", "{\"" + new string('k', 500_000) + "\":1}", "{\"value\":\"" + new string('x', (256 * 1024) + 1) + "\"}", new(' ', 900_000),
        ];
        foreach (var body in bodies)
        {
            foreach (var (method, path) in new[] { ("PUT", "/v1/secrets/none"), ("POST", "/v1/transactions"), ("POST", "/v1/env/expand"), ("POST", "/v1/tokens"), ("POST", "/v1/secrets/a/destroy") })
                yield return ($"{method} {path} {Short(body)}", RawHttp.Request(method, path, token, body));
        }
        yield return ("2 MiB with its length", RawHttp.Request("PUT", "/v1/secrets/none", token, "{\"value\":\"" + new string('x', 2 * MiB) + "\"}"));
        yield return ("2 MiB in chunks", RawHttp.Request("PUT", "/v1/secrets/none", token, string.Concat(Enumerable.Repeat("10000\r\n" + new string('x', 0x10000) + "\r\n", 32)) + "0\r\n\r\n", "Transfer-Encoding: chunked"));
        yield return ("a length without a body", RawHttp.Request("PUT", "/v1/secrets/none", token, "{", "Content-Length: 1000"));
        yield return ("a huge length", RawHttp.Request("PUT", "/v1/secrets/none", token, "{", "Content-Length: 9223372036854775807"));
        foreach (var chunks in new[] { "zz\r\n", "-1\r\nx\r\n0\r\n\r\n", "ffffffffffffffff\r\nx", "5\r\nab\r\n0\r\n\r\n", "5;" + new string('e', 5000) + "\r\n", "1\r\n{\r\n0\r\nTrailer: x\r\n\r\n" })
            yield return ($"chunks {Short(chunks)}", RawHttp.Request("PUT", "/v1/secrets/none", token, chunks, "Transfer-Encoding: chunked"));
    }

    private static IEnumerable<(string Name, byte[] Request)> Headers(string token)
    {
        string[] headers =
        [
            $"Authorization: Bearer {token}", "If-Match: \"1\"\r\nIf-Match: \"1\"", "If-Match: \"1\", \"1\"", "If-Match: 1", "If-Match: \u00ff", "Idempotency-Key: a\r\nIdempotency-Key: a", "Idempotency-Key:", "Idempotency-Key: a b", "Idempotency-Key: \u00e9", "Idempotency-Key: " + new string('k', 129),
            "Mill-Tenant: default\r\nMill-Tenant: default", "Mill-Tenant: \u00ff", "Mill-Tenant:", "Mill-Tenant: ../x", "Mill-Tenant: default,b", "Content-Length: 13\r\nContent-Length: 14", "Content-Length: -1", "Content-Length: 1e3", "Content-Length: 0x10", "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked\r\nContent-Length: 13", "Transfer-Encoding: gzip", "Transfer-Encoding: identity, chunked", "Host: other", "Host: ", "Host: a b", "Bad Header: x", "NoColon", ": x", "X: a\0b", "X: a\rb", " X: folded", "X: a\r\n folded", "Expect: something", "Upgrade: h2c\r\nConnection: Upgrade", "X: " + new string('x', 33_000), "Connection: close, close\r\nIf-None-Match: \"1\"",
        ];
        foreach (var header in headers) yield return ($"header {Short(header)}", RawHttp.Request("PUT", "/v1/secrets/none", token, "{\"value\":1}  ", header));
        yield return ("a thousand headers", RawHttp.Request("PUT", "/v1/secrets/none", token, "{}", [.. Enumerable.Range(0, 1000).Select(number => $"X-{number}: x")]));
    }

    private static IEnumerable<(string Name, byte[] Request)> Lines(string token)
    {
        string[] lines =
        [
            "GET", "GET /", "GET / HTTP/9.9", "GET / HTTP/2.0", "GET / http/1.1", "GET  / HTTP/1.1", "get /v1/secrets/none HTTP/1.1", "G\0T / HTTP/1.1", "GET /\u00ff HTTP/1.1", "GET /v1/secrets/none HTTP/0.9", "CONNECT x:80 HTTP/1.1", "OPTIONS * HTTP/1.1", "TRACE /v1/secrets/none HTTP/1.1", "BREW /v1/secrets/a HTTP/1.1", "HEAD /v1/secrets/a HTTP/1.1", new('G', 9000), "\u0016\u0003\u0001\u0002\0\u0001\0\u0001", "GET /v1/secrets/none HTTP/1.1 x", "GET /a b HTTP/1.1",
        ];
        foreach (var line in lines) yield return ($"line {Short(line)}", Encoding.Latin1.GetBytes($"{line}\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"));
        yield return ("no host", Encoding.Latin1.GetBytes($"GET /v1/secrets/none HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n"));
        yield return ("bare line feeds", Encoding.Latin1.GetBytes($"GET /v1/secrets/none HTTP/1.1\nHost: localhost\nAuthorization: Bearer {token}\n\n"));
        yield return ("nothing but zeros", new byte[2000]);
    }

    private static string Short(string text) => string.Concat((text.Length <= 60 ? text : $"{text[..40]}… ({text.Length})").Select(c => c is < ' ' or > '~' and not '…' ? $"\\x{(int)c:x2}" : c.ToString()));
}
