using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Mill.Tests.Vault.Members;

/// <summary>A TLS connection over loopback on which each end shows a certificate and says one byte.</summary>
internal static class Handshake
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>True where both ends accepted each other: what each said, the other heard.</summary>
    public static async Task<bool> TryAsync(
        X509Certificate2 server, RemoteCertificateValidationCallback ofClients, X509Certificate2? client, RemoteCertificateValidationCallback ofServers, string host = "10.0.0.1")
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var calling = new TcpClient();
        await calling.ConnectAsync((IPEndPoint)listener.LocalEndpoint, deadline.Token);
        using var called = await listener.AcceptTcpClientAsync(deadline.Token);
        var serving = ServeAsync(called, server, ofClients, deadline.Token);
        var asking = AskAsync(calling, client, ofServers, host, deadline.Token);
        return (await Task.WhenAll(serving, asking)).All(heard => heard);
    }

    private static async Task<bool> ServeAsync(TcpClient connection, X509Certificate2 certificate, RemoteCertificateValidationCallback judge, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(connection.GetStream());
        var options = new SslServerAuthenticationOptions { ServerCertificate = certificate, ClientCertificateRequired = true, RemoteCertificateValidationCallback = judge };
        return await TalkAsync(tls, connection, () => tls.AuthenticateAsServerAsync(options, cancellationToken), cancellationToken);
    }

    private static async Task<bool> AskAsync(TcpClient connection, X509Certificate2? certificate, RemoteCertificateValidationCallback judge, string host, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(connection.GetStream());
        var options = new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = judge };
        if (certificate is not null) options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return await TalkAsync(tls, connection, () => tls.AuthenticateAsClientAsync(options, cancellationToken), cancellationToken);
    }

    /// <summary>The client of TLS 1.3 learns only from what it hears whether the server accepted it.</summary>
    private static async Task<bool> TalkAsync(SslStream tls, TcpClient connection, Func<Task> authenticate, CancellationToken cancellationToken)
    {
        try
        {
            await authenticate();
            await tls.WriteAsync(new byte[] { 7 }, cancellationToken);
            var heard = new byte[1];
            return await tls.ReadAsync(heard, cancellationToken) == 1 && heard[0] == 7;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            connection.Close(); // the other end must not wait
            return false;
        }
    }
}
