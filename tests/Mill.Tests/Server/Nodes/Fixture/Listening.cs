using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Server;
using Mill.Server.Peers;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>A port of the system's choice that is known before the server is made, and TLS on it as on a node's.</summary>
internal static class Listening
{
    public static (Socket Socket, int Port) Reserve()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (socket, ((IPEndPoint)socket.LocalEndPoint!).Port);
    }

    public static WebApplication Build((Socket Socket, int Port) place, CurrentCredentials credentials, TimeProvider time, CapturedLogs logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = _ => place.Socket);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            ApiServer.Limit(kestrel);
            kestrel.Listen(IPAddress.Loopback, place.Port, listen => listen.UseNodeTls(credentials, time));
        });
        builder.Services.AddMillApi();
        return builder.Build();
    }

    /// <summary>For a caller that trusts the cluster, and shows a certificate or none.</summary>
    public static HttpClient Client(Uri address, ClusterTrust trust, TimeProvider time, X509Certificate2? certificate = null)
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = trust.ForServers(time.GetUtcNow) };
        if (certificate is not null) options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var handler = new SocketsHttpHandler { SslOptions = options, UseCookies = false, AllowAutoRedirect = false, RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 };
        return new(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }
}
