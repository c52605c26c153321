using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>What is taken of a certificate request: its public key, once the request proved that the sender has the private one. Names in it are not looked at.</summary>
internal sealed record NodeRequest(PublicKey Key)
{
    private const int MaxLength = 8192;
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo.</summary>
    public byte[] KeyHash { get; } = SHA256.HashData(Key.ExportSubjectPublicKeyInfo());

    /// <summary>Reads a PKCS#10 request in PEM. Throws <see cref="MillError.InvalidRequest"/> for what is none, has a bad signature, or another kind of key.</summary>
    public static NodeRequest Parse(string? pem)
    {
        if (pem is not { Length: > 0 and <= MaxLength }) throw Invalid("it is empty or too long", null);
        try
        {
            // By default the signature is checked, and extensions that were asked for are dropped.
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            using var key = request.PublicKey.GetECDsaPublicKey() ?? throw Invalid("its key is not an elliptic one", null);
            var curve = key.ExportParameters(includePrivateParameters: false).Curve;
            return curve.IsNamed && curve.Oid.Value == P256 ? new(new PublicKey(key)) : throw Invalid("its key is not on the curve P-256", null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw Invalid("it cannot be read, or its signature is wrong", e);
        }
    }

    private static MillException Invalid(string why, Exception? cause) =>
        new(MillError.InvalidRequest, $"The certificate request is not one: {why}.", cause) { Hint = "It must be a PKCS#10 request in PEM, for an ECDSA key on P-256." };
}
