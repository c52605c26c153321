using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Mill.Benchmarks.Load;

/// <summary>
/// HTTP/1.1 over TLS. Whom the server shows itself for is not looked at: it was started here. An answer is waited for once its first bytes are there, because what
/// was deciphered already does not show on the socket.
/// </summary>
internal sealed class TlsConnection : HttpConnection
{
    private readonly SslStream _tls;

    public TlsConnection(LoadPlan plan)
        : base(plan)
    {
#pragma warning disable CA5359 // See above.
        _tls = new(new NetworkStream(Socket), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        _tls.AuthenticateAsClient(new SslClientAuthenticationOptions { TargetHost = plan.Host, ApplicationProtocols = [SslApplicationProtocol.Http11] });
        // The server's session tickets come with the first answer: on an idle connection they would be taken for one.
        Send(Encoding.ASCII.GetBytes($"GET /healthz HTTP/1.1\r\nHost: {plan.Host}\r\n\r\n"), 0);
        Receive();
    }

    public override bool Receive()
    {
        while (!base.Receive())
        {
            // The rest is on its way.
        }
        return true;
    }

    public override void Dispose()
    {
        _tls.Dispose();
        base.Dispose();
    }

    protected override void Write(ReadOnlySpan<byte> request)
    {
        Forget();
        _tls.Write(request);
    }

    protected override int Read(Span<byte> buffer) => _tls.Read(buffer);
}
