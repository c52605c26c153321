using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Members;

/// <summary>
/// Which certificates are known to be out, and which would have to be. Every node asks the state whether another one still belongs; this is for the replicated
/// engine, which can only be given a list.
/// </summary>
public static class RevocationRules
{
    /// <summary>How many certificates of one node may be good at a time: each stands in the state, and a node can ask for as many as it likes.</summary>
    public const int MaxCertificates = 32;

    /// <summary>The others' clocks may be behind: for them, a certificate ends later.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromDays(1);

    /// <summary>All certificates of a node that may still be good, the last one first.</summary>
    public static IEnumerable<IssuedCertificate> GoodOf(NodeRecord node, Timestamp now)
    {
        IEnumerable<IssuedCertificate> last = node.CertificateSerial.Length > 0 ? [new(node.CertificateSerial, node.CertificateNotAfter)] : [];
        return last.Concat(node.EarlierCertificates ?? []).Where(certificate => !HasEnded(certificate.NotAfter, now));
    }

    /// <summary>The node with another certificate. Throws <see cref="MillError.RateLimited"/> where it has too many that are good.</summary>
    public static NodeRecord WithCertificate(NodeRecord node, IssuedCertificate issued, Timestamp now)
    {
        List<IssuedCertificate> earlier = [.. GoodOf(node, now)];
        if (earlier.Count >= MaxCertificates)
        {
            throw new MillException(MillError.RateLimited, $"Node {node.Id} (\"{node.Name}\") has {earlier.Count} certificates that are good.")
            {
                Hint = "It gets another one when some of them have ended; or remove it, and let it join again.",
            };
        }
        return node with { CertificateSerial = issued.Serial, CertificateNotAfter = issued.NotAfter, EarlierCertificates = earlier.Count > 0 ? earlier : null };
    }

    /// <summary>What is to be listed once nodes are gone: all that was, but for what has ended, and all of theirs.</summary>
    public static IReadOnlyList<RevokedCertificate> Without(RevocationsRecord? before, IEnumerable<NodeRecord> gone, Timestamp now) =>
    [
        .. (before?.Certificates ?? []).Where(certificate => !HasEnded(certificate.NotAfter, now)),
        .. gone.SelectMany(node => GoodOf(node, now).Select(certificate => new RevokedCertificate(certificate.Serial, certificate.NotAfter, node.Id, now))),
    ];

    private static bool HasEnded(Timestamp notAfter, Timestamp now) => notAfter + Allowance <= now;
}
