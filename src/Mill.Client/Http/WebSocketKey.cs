using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Mill.Client.Http;

/// <summary>The handshake of RFC 6455, section 4.1: by hand, as its refusals are answers with a body like all others.</summary>
internal sealed class WebSocketKey
{
    private const string Protocol = "websocket";

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    public void AddTo(HttpRequestHeaders headers)
    {
        headers.Connection.Add("Upgrade");
        headers.Upgrade.Add(new(Protocol));
        headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        headers.TryAddWithoutValidation("Sec-WebSocket-Key", _key);
    }

    public bool IsAnsweredBy(HttpResponseMessage response)
    {
#pragma warning disable CA5350 // No secret hangs on it: it only tells a server that knows the protocol from one that does not.
        var expected = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(_key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        return response.StatusCode is System.Net.HttpStatusCode.SwitchingProtocols && response.Headers.TryGetValues("Sec-WebSocket-Accept", out var values) && values.SequenceEqual([expected]);
    }
}
