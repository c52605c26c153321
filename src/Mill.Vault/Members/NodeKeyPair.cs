using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>A node's own key. It is made on the node and never leaves it: what is sent is a request for a certificate.</summary>
public sealed class NodeKeyPair : IDisposable
{
    private const int MaxSize = 4096;
    private const string Label = "PRIVATE KEY";

    private readonly ECDsa _key;

    private NodeKeyPair(ECDsa key) => _key = key;

    public static NodeKeyPair Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>
    /// Reads a key in PKCS#8 PEM; null where there is no such file. Throws <see cref="MillError.StorageDamaged"/> for a file that holds none,
    /// <see cref="MillError.StorageUnavailable"/> for one that others can read or that cannot be read.
    /// </summary>
    public static NodeKeyPair? Load(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return PrivateFile.IsExposed(file) ? throw Exposed(path) : ReadFrom(file, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw PrivateFile.Unusable(path, e);
        }
    }

    /// <summary>Writes the key as PKCS#8 PEM for its owner only. Throws as <see cref="PrivateFile.Write(string, string)"/>.</summary>
    public void Save(string path)
    {
        var (pkcs8, characters, text) = (PinnedBuffers.Rent(MaxSize), GC.AllocateArray<char>(MaxSize, pinned: true), PinnedBuffers.Rent(MaxSize));
        try
        {
            if (!_key.TryExportPkcs8PrivateKey(pkcs8, out var size) || !PemEncoding.TryWrite(Label, pkcs8.AsSpan(0, size), characters, out var length))
                throw new CryptographicException("The key is larger than any on P-256.");
            characters[length++] = '\n';
            PrivateFile.Write(path, text.AsSpan(0, Encoding.ASCII.GetBytes(characters.AsSpan(0, length), text)));
        }
        finally
        {
            PinnedBuffers.Return(pkcs8);
            PinnedBuffers.Return(text);
            Array.Clear(characters);
        }
    }

    /// <summary>A PKCS#10 request in PEM. It asks for no names: the cluster gives them.</summary>
    public string Request() => new CertificateRequest(new X500DistinguishedName(""), _key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    /// <summary>
    /// A certificate in PEM that this key gives itself, for the hour before there is an authority: the engine shows it while nobody else may talk to it yet.
    /// </summary>
    public string SelfSign(DateTimeOffset now)
    {
        var request = new CertificateRequest(new X500DistinguishedName("CN=mill founding"), _key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        return certificate.ExportCertificatePem() + "\n";
    }

    /// <summary>A certificate together with this key, to be shown in a handshake. Throws <see cref="MillError.StorageDamaged"/> where it is for another key.</summary>
    public X509Certificate2 Certify(string certificate)
    {
        try
        {
            using var bare = X509Certificate2.CreateFromPem(certificate);
            return bare.CopyWithPrivateKey(_key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new MillException(MillError.StorageDamaged, "The node's certificate is none, or is not for the node's key.", e) { Hint = "Remove the node, and let it join again." };
        }
    }

    public void Dispose() => _key.Dispose();

    private static NodeKeyPair ReadFrom(FileStream file, string path)
    {
        var (text, characters) = (PinnedBuffers.Rent(MaxSize), GC.AllocateArray<char>(MaxSize, pinned: true));
        var key = ECDsa.Create();
        try
        {
            var size = file.ReadAtLeast(text.AsSpan(0, MaxSize), MaxSize, throwOnEndOfStream: false);
            key.ImportFromPem(characters.AsSpan(0, Encoding.UTF8.GetChars(text.AsSpan(0, size), characters)));
            // A public key can be imported too; one without its private half signs nothing.
            key.SignData([], HashAlgorithmName.SHA256);
            return new(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new MillException(MillError.StorageDamaged, $"What {path} holds is not a node's key.") { Hint = "Remove the node, and let it join again." };
        }
        finally
        {
            PinnedBuffers.Return(text);
            Array.Clear(characters);
        }
    }

    private static MillException Exposed(string path) =>
        new(MillError.StorageUnavailable, $"The node's key {path} can be read by others than its owner.") { Hint = $"chmod 600 {path}" };
}
