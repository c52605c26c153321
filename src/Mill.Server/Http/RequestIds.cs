using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Mill.Server.Http;

/// <summary>Gives every request an id: the caller's own, if it sent a decent one, so that a request can be followed across machines.</summary>
internal static class RequestIds
{
    public const string Header = "Mill-Request-Id";

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    // Random once, then counted: unique without asking the kernel for every request.
    private static long _next = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    public static string RequestId(this HttpContext http) => http.TraceIdentifier;

    public static void Assign(HttpContext http)
    {
        var sent = http.Request.Headers[Header];
        http.TraceIdentifier = sent is [{ Length: > 0 and <= MaxLength } own] && !own.AsSpan().ContainsAnyExcept(Allowed) ? own : Create();
        Write(http);
    }

    /// <summary>Says the id in the reply; again after the reply's headers were cleared.</summary>
    public static void Write(HttpContext http) => http.Response.Headers[Header] = http.TraceIdentifier;

    private static string Create() => Interlocked.Increment(ref _next).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
