using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Mill.Server.Http;

/// <summary>Headers that are about one connection, and are not passed on (RFC 9110, section 7.6.1).</summary>
internal static class HopHeaders
{
    private static readonly FrozenSet<string> Always = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization", "HTTP2-Settings");

    /// <param name="connection">The value of the Connection header, which names others.</param>
    public static bool Has(string name, StringValues connection)
    {
        if (Always.Contains(name) || name.StartsWith(':')) return true;
        foreach (var values in connection)
        {
            foreach (var named in (values ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (named.Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }
        return false;
    }
}
