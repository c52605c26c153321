using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mill.Testing.GitHub;

/// <summary>The headers that every answer has (https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api), and <c>ETag</c>.</summary>
internal static class AnswerWriter
{
    private const string Exposed = "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, "
        + "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, X-GitHub-SSO, X-GitHub-Request-Id, Deprecation, Sunset";

    /// <summary>The same answer with its tag; 304 where the client has it.</summary>
    public static Answer Tag(Answer answer, string method, string? known)
    {
        if (answer is not { Status: 200, Body: { } body } || method is not "GET") return answer;
        var tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body.ToJsonString(Json.Plain))))}\"";
        var headers = answer.Headers.Append(("ETag", tag)).ToList();
        return known?.Split(',', StringSplitOptions.TrimEntries).Contains(tag) is true ? new(304) { Headers = headers } : answer with { Headers = headers };
    }

    /// <param name="meter">Null where no limits are said.</param>
    public static async Task WriteAsync(HttpContext context, Answer answer, Identity identity, Need? need, RateMeter? meter, World world, string apiVersion)
    {
        var (response, headers) = (context.Response, context.Response.Headers);
        response.StatusCode = answer.Status;
        headers.Date = world.Now.ToString("R", CultureInfo.InvariantCulture);
        headers.Server = "github.com";
        headers.CacheControl = "private, max-age=60, s-maxage=60";
        headers.Vary = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With";
        headers.AccessControlExposeHeaders = Exposed;
        headers["X-GitHub-Media-Type"] = "github.v3; format=json";
        headers["X-GitHub-Request-Id"] = $"FA4E:{world.NextId():X}";
        headers["X-GitHub-Api-Version-Selected"] = apiVersion;
        if (identity.Token is { Kind: FakeTokenKind.Classic } classic)
        {
            headers["X-OAuth-Scopes"] = string.Join(", ", classic.Scopes);
            headers["X-Accepted-OAuth-Scopes"] = need?.Scope ?? "";
        }
        else if (identity.Token is not null && need is not null) headers["X-Accepted-GitHub-Permissions"] = need.ToString();
        if (meter is not null) Limits(headers, meter);
        foreach (var (name, value) in answer.Headers) headers[name] = value;
        if (answer.Body is null) return;
        response.ContentType = "application/json; charset=utf-8";
        await response.WriteAsync(answer.Body.ToJsonString(Json.Plain), context.RequestAborted).ConfigureAwait(false);
    }

    private static void Limits(IHeaderDictionary headers, RateMeter meter)
    {
        headers["X-RateLimit-Limit"] = Text(meter.Limit);
        headers["X-RateLimit-Remaining"] = Text(Math.Max(0, meter.Limit - meter.Used));
        headers["X-RateLimit-Used"] = Text(meter.Used);
        headers["X-RateLimit-Reset"] = Text(meter.Reset.ToUnixTimeSeconds());
        headers["X-RateLimit-Resource"] = "core";
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
