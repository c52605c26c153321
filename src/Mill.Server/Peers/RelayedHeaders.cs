using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>The heads of requests and answers that are passed on: everything but what is about a single connection.</summary>
internal static class RelayedHeaders
{
    /// <summary>The path goes out as it came in: a name's %2F is not a slash.</summary>
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public const string WebSocket = "websocket";

    public static HttpRequestMessage Request(HttpContext http, RelayLeg leg, HttpContent? content)
    {
        var target = new Uri(string.Concat(leg.To.Address.GetLeftPart(UriPartial.Authority), leg.Target ?? RawTarget.PathAndQuery(http)), Verbatim);
        var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), target) { Content = content };
        var connection = http.Request.Headers.Connection;
        foreach (var (name, values) in http.Request.Headers)
        {
            if (IsOurs(name) || HopHeaders.Has(name, connection) || leg.Added.Any(added => added.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) continue;
            Add(request, name, values);
        }
        request.Headers.TryAddWithoutValidation(RequestIds.Header, http.RequestId());
        if (IsUpgrade(http)) Upgrade(request);
        foreach (var (name, value) in leg.Added) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    public static void Answer(HttpContext http, HttpResponseMessage answer)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        var connection = answer.Headers.TryGetValues("Connection", out var named) ? named.ToArray() : [];
        foreach (var (name, values) in answer.Headers.NonValidated)
        {
            if (!HopHeaders.Has(name, connection)) http.Response.Headers[name] = values.ToArray();
        }
        foreach (var (name, values) in answer.Content.Headers.NonValidated) http.Response.Headers[name] = values.ToArray();
    }

    /// <summary>It asks for a WebSocket, the one protocol that is gone over to here: its own headers go along with all others.</summary>
    private static bool IsUpgrade(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && http.Request.Headers.Upgrade is [{ } protocol] && protocol.Equals(WebSocket, StringComparison.OrdinalIgnoreCase);

    private static void Upgrade(HttpRequestMessage request)
    {
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new(WebSocket));
    }

    /// <summary>What is made anew at every hop, or counts only from who made it.</summary>
    private static bool IsOurs(string name) =>
        name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || name.Equals("Expect", StringComparison.OrdinalIgnoreCase)
        || name.Equals(RequestIds.Header, StringComparison.OrdinalIgnoreCase) || name.Equals(PeerGate.ForwardedHeader, StringComparison.OrdinalIgnoreCase)
        || name.Equals(PeerGate.NodeHeader, StringComparison.OrdinalIgnoreCase);

    private static void Add(HttpRequestMessage request, string name, IEnumerable<string?> values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, values)) request.Content?.Headers.TryAddWithoutValidation(name, values);
    }
}
