using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mill.Benchmarks.Servers;

/// <summary>A certificate on P-256 that a few members share and each takes for its authority too: what it costs to speak with it is what Mill's engines pay between them.</summary>
internal sealed record PeerCertificate(string Certificate, string Key)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static PeerCertificate Create(string directory, IEnumerable<string> hosts)
    {
        var (certificateFile, keyFile) = (Path.Combine(directory, "peer.crt"), Path.Combine(directory, "peer.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(ServerAuthentication), new(ClientAuthentication)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddIpAddress(IPAddress.Parse(host));
        names.AddIpAddress(IPAddress.Loopback); // a member is asked where it calls from, too
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return new(certificateFile, keyFile);
    }
}
