using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Model;

namespace Mill.Core.Members;

/// <summary>What the other end of a connection shows itself for.</summary>
public enum PeerUse
{
    /// <summary>It was called.</summary>
    Server,

    /// <summary>It calls.</summary>
    Client,
}

/// <summary>
/// Trust in the certificates of one cluster: those its own authority issued, and no others, whatever the machine trusts besides. Nothing is fetched, and
/// nothing is asked about revocation: a removed node is refused by <see cref="NodeRules.MayTalk"/>, at once.
/// </summary>
public sealed class ClusterTrust(X509Certificate2 authority)
{
    /// <summary>How long a pin is: SHA-256, in hex.</summary>
    public const int PinLength = 64;

    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    public X509Certificate2 Authority => authority;

    /// <summary>
    /// SHA-256 of the authority's SubjectPublicKeyInfo (RFC 7469, 2.4), in hex. The same as
    /// <c>openssl x509 -in ca.crt -pubkey -noout | openssl pkey -pubin -outform der | sha256sum</c>.
    /// </summary>
    public string Pin { get; } = PinOf(authority);

    /// <summary>Trust in the authority of a PEM text; false where that holds none, or, where a pin is given, one with another key.</summary>
    public static bool TryParse(string? pem, string? pin, [NotNullWhen(true)] out ClusterTrust? trust)
    {
        trust = null;
        try
        {
            var authority = X509Certificate2.CreateFromPem(pem);
            if (!IsAuthority(authority) || (pin is not null && pin != PinOf(authority))) return false;
            trust = new(authority);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public static string PinOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>What speaks against a certificate, in words; null where it is good.</summary>
    public string? FindFault(X509Certificate2? certificate, PeerUse use, DateTimeOffset now)
    {
        if (certificate is null) return "no certificate was shown";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new(use is PeerUse.Server ? ServerUse : ClientUse));
        if (!chain.Build(certificate)) return Text(chain.ChainStatus);
        // The authority's own certificate is no node's, and between the two there is nobody.
        return chain.ChainElements is [_, var root] && root.Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span)
            ? null
            : "it was not issued by the cluster's authority itself";
    }

    /// <summary>
    /// A judge for <see cref="SslClientAuthenticationOptions"/>: the server must be a node, and either the one that is expected or one whose certificate is for
    /// the host that was called.
    /// </summary>
    public RemoteCertificateValidationCallback ForServers(Func<DateTimeOffset> now, NodeId? expected = null) => (_, certificate, _, errors) =>
        Accepts(certificate, PeerUse.Server, now(), out var identity)
        && (expected is { } node ? identity.Node == node : !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch));

    /// <summary>A judge for <see cref="SslServerAuthenticationOptions"/>: the client must be a node. Which one, and whether it still belongs, is asked afterwards.</summary>
    public RemoteCertificateValidationCallback ForClients(Func<DateTimeOffset> now) =>
        (_, certificate, _, _) => Accepts(certificate, PeerUse.Client, now(), out _);

    private bool Accepts(X509Certificate? certificate, PeerUse use, DateTimeOffset now, [NotNullWhen(true)] out NodeIdentity? identity)
    {
        identity = null;
        return certificate is X509Certificate2 full && FindFault(full, use, now) is null && NodeIdentity.TryParse(full, out identity);
    }

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);

    private static string Text(X509ChainStatus[] statuses)
    {
        var all = statuses.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        if (all.HasFlag(X509ChainStatusFlags.PartialChain) || all.HasFlag(X509ChainStatusFlags.UntrustedRoot)) return "it was not issued by the cluster's authority";
        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid)) return "it is not valid at this time";
        if (all.HasFlag(X509ChainStatusFlags.NotValidForUsage)) return "it is not for this use";
        return $"it is not sound ({all})";
    }
}
