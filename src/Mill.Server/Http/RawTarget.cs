using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mill.Server.Http;

/// <summary>The target of a request as it was sent, nothing decoded. Empty where it has no path.</summary>
internal static class RawTarget
{
    public static ReadOnlySpan<char> PathAndQuery(HttpContext http)
    {
        ReadOnlySpan<char> target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = WithoutQuery(target);
        if (path.StartsWith("/")) return target;
        // The absolute form, as proxies send it: scheme, authority, path (RFC 9112, section 3.2.2).
        var authority = path.IndexOf("://");
        var start = authority < 0 ? -1 : path[(authority + 3)..].IndexOf('/');
        return start < 0 ? [] : target[(authority + 3 + start)..];
    }

    public static ReadOnlySpan<char> Path(HttpContext http) => WithoutQuery(PathAndQuery(http));

    private static ReadOnlySpan<char> WithoutQuery(ReadOnlySpan<char> target)
    {
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }
}
