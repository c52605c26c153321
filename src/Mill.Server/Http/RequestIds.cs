using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Mill.Server.Http;

/// <summary>Gives every request an id: the caller's own, if it sent a decent one, so that a request can be followed across machines.</summary>
internal static class RequestIds
{
    public const string Header = "Mill-Request-Id";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    // Seeded for each thread: an id must be new, and must not count what others do. It is no secret.
    [ThreadStatic]
    private static Random? _random;

    public static string RequestId(this HttpContext http) => http.TraceIdentifier;

    public static void Assign(HttpContext http)
    {
        var sent = http.Request.Headers[Header];
        http.TraceIdentifier = sent is [{ Length: > 0 and <= MaxLength } own] && !own.AsSpan().ContainsAnyExcept(Allowed) ? own : Create();
        Write(http);
    }

    /// <summary>Says the id in the reply; again after the reply's headers were cleared.</summary>
    public static void Write(HttpContext http) => http.Response.Headers[Header] = http.TraceIdentifier;

    private static string Create() => (_random ??= new Random(RandomNumberGenerator.GetInt32(int.MaxValue))).NextInt64(long.MaxValue).ToString("x16", CultureInfo.InvariantCulture);
}
