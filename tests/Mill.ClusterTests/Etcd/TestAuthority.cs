using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.State.Etcd;

namespace Mill.ClusterTests.Etcd;

/// <summary>A certificate authority of a test's own, and what it signed for the members and for us. Its files are gone after the test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);
    private static readonly DateTimeOffset To = From.AddDays(10);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mill-authority-");
    private readonly X509Certificate2 _authority;
    private readonly IPAddress _address;

    /// <param name="address">Where the members are to be reached; null for loopback.</param>
    public TestAuthority(IPAddress? address = null)
    {
        _address = address ?? IPAddress.Loopback;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(From, To);
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
        // Members call each other with this very certificate: it must be good for a client, too.
        using var server = Issue("member", ServerAuthentication, ClientAuthentication);
        File.WriteAllText(CertificateFile, server.ExportCertificatePem());
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(KeyFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            file.Write(server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Client = new(Issue("mill", ClientAuthentication), [_authority]);
    }

    /// <summary>Who we are, and whom we believe.</summary>
    public EtcdTls Client { get; }

    public string AuthorityFile => Path.Combine(_directory.FullName, "authority.pem");

    public string CertificateFile => Path.Combine(_directory.FullName, "member.pem");

    public string KeyFile => Path.Combine(_directory.FullName, "member.key");

    public IReadOnlyList<string> ServerArguments =>
        ["--cert-file", CertificateFile, "--key-file", KeyFile, "--client-cert-auth", "--trusted-ca-file", AuthorityFile];

    /// <summary>A member's certificate besides that of <see cref="CertificateFile"/>.</summary>
    public X509Certificate2 IssueMember(string name) => Issue(name, ServerAuthentication, ClientAuthentication);

    /// <summary>A list of certificates that are out.</summary>
    public byte[] List(params IEnumerable<X509Certificate2> revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked) list.AddEntry(certificate, From);
        // etcd does not look at who made it.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier([1, 2, 3]);
        return list.Build(_authority.SubjectName, X509SignatureGenerator.CreateForECDsa(key), 1, To, HashAlgorithmName.SHA256, issuer, From);
    }

    public void Dispose()
    {
        Client.Certificate.Dispose();
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    private X509Certificate2 Issue(string name, params string[] purposes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(_address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. purposes.Select(purpose => new Oid(purpose))], false));
        using var certificate = request.Create(_authority, From, To, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
