using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>The headers that make a write conditional or repeatable.</summary>
internal static class WriteHeaders
{
    public const string IdempotencyKey = "Idempotency-Key";

    private const int MaxKeyLength = 128;

    public static WriteContext Context(HttpContext http) => new(http.RequestId(), Key(http));

    /// <summary><c>If-None-Match: *</c> creates only; <c>If-Match: "3"</c> updates only version 3.</summary>
    public static WritePrecondition Precondition(HttpContext http)
    {
        var absent = Single(http.Request.Headers.IfNoneMatch, "If-None-Match");
        var match = Single(http.Request.Headers.IfMatch, "If-Match");
        if (absent is not null and not "*") throw new MillException(MillError.InvalidRequest, "If-None-Match takes only *, which creates and never updates.");
        if (absent is not null && match is not null) throw new MillException(MillError.InvalidRequest, "If-Match and If-None-Match exclude each other.");
        return new(absent is not null, match is null ? null : Version(match));
    }

    /// <summary>As <see cref="Precondition"/>, for a delete: what must not be there cannot be deleted.</summary>
    public static WritePrecondition DeletePrecondition(HttpContext http) =>
        Precondition(http) is { IfAbsent: false } precondition ? precondition : throw new MillException(MillError.InvalidRequest, "If-None-Match makes no sense with DELETE.");

    /// <summary>The one value of a header, or null. Throws where it stands twice: which one counts would be anybody's guess.</summary>
    public static string? Single(StringValues values, string name) => values.Count switch
    {
        0 => null,
        1 => values[0],
        _ => throw new MillException(MillError.InvalidRequest, $"The header {name} stands in the request more than once."),
    };

    private static int Version(string match) =>
        match is ['"', .. var digits, '"'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
            ? version
            : throw new MillException(MillError.InvalidRequest, "If-Match takes one version in quotes.") { Hint = "For example: If-Match: \"3\"" };

    private static string? Key(HttpContext http)
    {
        if (Single(http.Request.Headers[IdempotencyKey], IdempotencyKey) is not { } key) return null;
        return key.Length is > 0 and <= MaxKeyLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new MillException(MillError.InvalidRequest, "An Idempotency-Key has 1 to 128 visible ASCII characters.");
    }
}
