using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Mill.Client.Http;

/// <summary>Which servers are believed: those of one authority, where one is named, and otherwise those that the machine believes.</summary>
internal static class ServerTrust
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";

    public static void Apply(MillClientOptions options, SocketsHttpHandler handler)
    {
        var tls = handler.SslOptions;
        var authority = options.Authority;
        if (authority is not null) tls.CertificateChainPolicy = Only(authority);
        tls.RemoteCertificateValidationCallback = (_, _, chain, errors) => Judge(authority, chain, errors);
    }

    /// <summary>For the one question that comes before all trust: see <see cref="MillClient.FetchAuthorityAsync"/>.</summary>
    public static SslClientAuthenticationOptions Nobody() => new()
    {
        CertificateChainPolicy = Policy(),
#pragma warning disable CA5359 // Nothing is told to it, and what it says is checked against a pin.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
    };

    /// <summary>True where a server answered, and was not believed.</summary>
    public static bool IsMissing(Exception e) => e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException };

    /// <summary>Why a server was not believed; null where that is not what failed.</summary>
    public static Mistrust? Find(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is UntrustedServerException untrusted) return untrusted.Why;
        }
        return null;
    }

    private static bool Judge(X509Certificate2? authority, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) throw new UntrustedServerException(Mistrust.Issuer);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) throw new UntrustedServerException(IsOnlyLate(chain) ? Mistrust.Time : Mistrust.Issuer);
        // Between the authority and its servers there is nobody.
        if (authority is not null && !IsIssuedBy(authority, chain)) throw new UntrustedServerException(Mistrust.Issuer);
        return !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? true : throw new UntrustedServerException(Mistrust.Host);
    }

    private static bool IsOnlyLate(X509Chain? chain) => chain is not null && chain.ChainStatus.All(status => status.Status is X509ChainStatusFlags.NotTimeValid);

    private static bool IsIssuedBy(X509Certificate2 authority, X509Chain? chain) =>
        chain?.ChainElements is [_, var root] && root.Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span);

    /// <summary>The machine's own authorities are not asked.</summary>
    private static X509ChainPolicy Only(X509Certificate2 authority)
    {
        var policy = Policy();
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.Add(authority);
        return policy;
    }

    /// <summary>Nothing is fetched: what a certificate names would be asked for before anybody knows whose it is.</summary>
    private static X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new(ServerUse));
        return policy;
    }

    /// <summary>Thrown where the answer can only be yes or no, so that the call that waits for it can say why.</summary>
    private sealed class UntrustedServerException(Mistrust why) : AuthenticationException($"The certificate is not believed: {why}.")
    {
        public Mistrust Why => why;
    }
}

/// <summary>What is wrong with the certificate of a server.</summary>
internal enum Mistrust
{
    /// <summary>It is of somebody else.</summary>
    Issuer,

    /// <summary>It is for another host.</summary>
    Host,

    /// <summary>It is not valid yet, or not any more.</summary>
    Time,
}
