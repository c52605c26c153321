using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Mill.Core.Members;

namespace Mill.Server.Peers;

/// <summary>TLS at the port of a node: clients come without a certificate, nodes with theirs; any other certificate ends the handshake.</summary>
public static class NodeTls
{
    private static readonly ConditionalWeakTable<X509Certificate2, SslStreamCertificateContext> Contexts = [];

    /// <summary>With the credentials that are current at each handshake, so that renewing them needs no restart.</summary>
    public static ListenOptions UseNodeTls(this ListenOptions listen, CurrentCredentials credentials, TimeProvider time) =>
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(Options(credentials.Value, time)) });

    private static SslServerAuthenticationOptions Options(NodeCredentials own, TimeProvider time)
    {
        var judge = own.Trust.ForClients(time.GetUtcNow);
        return new()
        {
            // Made once, or it would be put together anew with every handshake; and nothing is fetched for it: the authority stands right above.
            ServerCertificateContext = Contexts.GetValue(own.Certificate, static certificate => SslStreamCertificateContext.Create(certificate, null, offline: true)),
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) => certificate is null || judge(sender, certificate, chain, errors),
            CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        };
    }
}
