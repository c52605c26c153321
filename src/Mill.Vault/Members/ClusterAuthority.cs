using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Members;

/// <summary>
/// The cluster's own authority over certificates. Its private key is in memory for as long as one certificate takes; stored it is sealed with the master key,
/// so every vault node can issue, and nobody else.
/// </summary>
internal sealed class ClusterAuthority : IDisposable
{
    private const string Organization = "mill";
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int MaxKeySize = 512; // a P-256 key in PKCS#8 has about 140 bytes
    private const int SerialSize = 16;

    /// <summary>The others' clocks may be behind.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromMinutes(5);

    private static readonly string Place = new AuthorityKey().ToString();

    private readonly ECDsa _key;

    private ClusterAuthority(X509Certificate2 certificate, ECDsa key) => (Certificate, _key) = (certificate, key);

    public static TimeSpan NodeLifetime { get; } = TimeSpan.FromDays(90);

    public X509Certificate2 Certificate { get; }

    /// <summary>A new authority: a key on P-256, and a certificate that may only issue for nodes themselves.</summary>
    public static ClusterAuthority Create(string clusterId, Timestamp now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = (now - Allowance).ToDateTimeOffset();
        return new(Certify(Subject($"mill {clusterId}"), key, start, start + AuthorityRules.Lifetime), key);
    }

    /// <summary>
    /// The authority with more time: the same key and name, from the same day on. Nobody's clock can be before that, and the certificates of before and after stand for each other. Throws as
    /// <see cref="Open"/>.
    /// </summary>
    public static AuthorityRecord Renew(Unsealed unsealed, AuthorityRecord record, Timestamp now)
    {
        using var authority = Open(unsealed, record);
        var before = authority.Certificate;
        using var certificate = Certify(before.SubjectName, authority._key, before.NotBefore.ToUniversalTime(), (now + AuthorityRules.Lifetime).ToDateTimeOffset());
        return record with { Certificate = certificate.RawData };
    }

    /// <summary>When it ends. Throws <see cref="MillError.RecordRejected"/> for what is no certificate.</summary>
    public static Timestamp EndOf(AuthorityRecord record)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(record.Certificate);
            return Timestamp.From(certificate.NotAfter.ToUniversalTime());
        }
        catch (CryptographicException e)
        {
            throw new MillException(MillError.RecordRejected, "The cluster's authority is not what was stored: it has no certificate.", e) { Hint = "Restore the store from a backup." };
        }
    }

    /// <summary>Throws <see cref="MillError.RecordRejected"/> where the key is not what was sealed, or not that of the certificate.</summary>
    public static ClusterAuthority Open(Unsealed unsealed, AuthorityRecord record)
    {
        using var bytes = TextSealer.OpenBytes(unsealed, record.SealedKey, Place);
        var key = ECDsa.Create();
        try
        {
            bytes.Reveal(key, static (pkcs8, into) => into.ImportPkcs8PrivateKey(pkcs8, out _));
            var certificate = X509CertificateLoader.LoadCertificate(record.Certificate);
            if (certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())) return new(certificate, key);
            throw new CryptographicException("They are not of one pair.");
        }
        catch (CryptographicException e)
        {
            key.Dispose();
            throw new MillException(MillError.RecordRejected, "The cluster's authority is not what was stored: its key and its certificate do not fit.", e)
            {
                Hint = "Restore the store from a backup.",
            };
        }
    }

    /// <summary>The authority as it is stored.</summary>
    public AuthorityRecord ToRecord(Unsealed unsealed, Timestamp now)
    {
        var buffer = PinnedBuffers.Rent(MaxKeySize);
        try
        {
            if (!_key.TryExportPkcs8PrivateKey(buffer, out var length)) throw new CryptographicException("The key is larger than any on P-256.");
            return new()
            {
                Certificate = Certificate.RawData,
                SealedKey = TextSealer.Seal(unsealed, buffer.AsSpan(0, length), Place),
                KeyId = unsealed.Key.Id,
                CreatedAt = now,
            };
        }
        finally
        {
            PinnedBuffers.Return(buffer);
        }
    }

    /// <summary>A certificate for a node: for its key, and otherwise for what we know of it, whatever was asked for.</summary>
    public X509Certificate2 Issue(PublicKey key, NodeIdentity identity, NodePlace place, Timestamp now)
    {
        var request = new CertificateRequest(Subject(identity.Node.Value), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // Both uses: nodes call each other, and so do the members of the replicated engine, each with its one certificate.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(ServerUse), new(ClientUse)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(Names(identity, place));
        var (start, end) = Validity(now);
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), start, end, NewSerial());
    }

    /// <summary>A list of certificates that are out. It never runs out itself: the next one comes when another node goes.</summary>
    public byte[] List(IEnumerable<RevokedCertificate> certificates, long number, Timestamp now)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates) list.AddEntry(Convert.FromHexString(certificate.Serial), certificate.RevokedAt.ToDateTimeOffset());
        var issuer = X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, includeIssuerAndSerial: false);
        // Not before the authority itself began: whoever looks closely would wonder.
        var (start, end) = (new DateTimeOffset(Certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(Certificate.NotAfter.ToUniversalTime()));
        var made = now.ToDateTimeOffset() < start ? start : now.ToDateTimeOffset();
        return list.Build(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), number, end, HashAlgorithmName.SHA256, issuer, made);
    }

    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    /// <summary>
    /// What the node may be called by. <c>localhost</c> is among it, so that a command on the node itself reaches it without knowing its address; a loopback
    /// address is only where it is the node's own.
    /// </summary>
    private static X509Extension Names(NodeIdentity identity, NodePlace place)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(place.Address));
        names.AddDnsName("localhost");
        if (NodeRules.IsHostName(place.Name)) names.AddDnsName(place.Name);
        names.AddUri(new(identity.ToString()));
        return names.Build();
    }

    /// <summary>Never outside the authority's own: such a certificate would be good for nothing.</summary>
    private (DateTimeOffset Start, DateTimeOffset End) Validity(Timestamp now)
    {
        DateTimeOffset first = Certificate.NotBefore.ToUniversalTime(), last = Certificate.NotAfter.ToUniversalTime();
        if (now.ToDateTimeOffset() >= last) throw new MillException(MillError.RecordRejected, $"The cluster's authority ended at {Timestamp.From(last)}.");
        var (start, end) = ((now - Allowance).ToDateTimeOffset(), (now + NodeLifetime).ToDateTimeOffset());
        return (start < first ? first : start, end > last ? last : end);
    }

    private static X509Certificate2 Certify(X500DistinguishedName name, ECDsa key, DateTimeOffset start, DateTimeOffset end)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), start, end, NewSerial());
    }

    private static X500DistinguishedName Subject(string commonName)
    {
        var subject = new X500DistinguishedNameBuilder();
        // What is added last is written first.
        subject.AddCommonName(commonName);
        subject.AddOrganizationName(Organization);
        return subject.Build();
    }

    /// <summary>128 bits, positive, and of one length: the top two bits are fixed, the others random (RFC 5280, 4.1.2.2).</summary>
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialSize);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40);
        return serial;
    }
}
