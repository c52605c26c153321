using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Mill.Client.Http;

/// <summary>Which servers are believed: those of one authority, where one is named, and otherwise those that the machine believes.</summary>
internal static class ServerTrust
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    public static SslClientAuthenticationOptions Options(MillClientOptions options)
    {
        var tls = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = X509RevocationMode.NoCheck };
        if (options.Authority is { } authority) tls.CertificateChainPolicy = Only(authority);
        return tls;
    }

    /// <summary>For the one question that comes before all trust: see <see cref="MillClient.FetchAuthorityAsync"/>.</summary>
    public static SslClientAuthenticationOptions Nobody() => new()
    {
#pragma warning disable CA5359 // Nothing is told to it, and what it says is checked against a pin.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    /// <summary>The machine's own authorities are not asked, and nothing is fetched.</summary>
    private static X509ChainPolicy Only(X509Certificate2 authority)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(authority);
        policy.ApplicationPolicy.Add(new(ServerUse));
        return policy;
    }
}
