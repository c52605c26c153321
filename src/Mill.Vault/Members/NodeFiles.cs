using Mill.Core.Members;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>Where a node keeps its key, its certificate, and that of the cluster's authority. All are in PEM but one, as the replicated engine reads them.</summary>
public sealed record NodeFiles(string Directory)
{
    public string Key => Path.Combine(Directory, "node.key");

    public string Certificate => Path.Combine(Directory, "node.crt");

    public string Authority => Path.Combine(Directory, "ca.crt");

    /// <summary>Certificates of removed nodes, as the replicated engine reads it: in DER, which every version of it takes.</summary>
    public string Revocations => Path.Combine(Directory, "ca.crl");

    /// <summary>
    /// The node's key, made and kept where there is none yet. It is durable before anything is asked with it, so that a join whose answer was lost can be
    /// repeated with the same key, after a crash too.
    /// </summary>
    public NodeKeyPair LoadOrCreateKey()
    {
        if (NodeKeyPair.Load(Key) is { } kept) return kept;
        System.IO.Directory.CreateDirectory(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = NodeKeyPair.Create();
        try
        {
            key.Save(Key);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Keeps what a join or a renewal gave. The node's certificate comes last: where it is, everything is.</summary>
    public void Save(string authority, string certificate)
    {
        PrivateFile.Write(Authority, authority + "\n");
        PrivateFile.Write(Certificate, certificate + "\n");
    }

    /// <summary>
    /// The certificate to show, and whom to trust; null where this node has not joined yet. Throws <see cref="MillError.StorageDamaged"/> where the files do not
    /// fit together, <see cref="MillError.StorageUnavailable"/> where they cannot be read.
    /// </summary>
    public NodeCredentials? Load()
    {
        if (!File.Exists(Certificate)) return null;
        using var key = NodeKeyPair.Load(Key) ?? throw Damaged($"There is no key at {Key}.");
        if (!ClusterTrust.TryParse(Read(Authority), pin: null, out var trust)) throw Damaged($"What {Authority} holds is not an authority's certificate.");
        var certificate = key.Certify(Read(Certificate));
        if (NodeIdentity.TryParse(certificate, out var identity)) return new(certificate, trust, identity);
        certificate.Dispose();
        throw Damaged($"What {Certificate} holds is not a node's certificate.");
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw PrivateFile.Unusable(path, e);
        }
    }

    private static MillException Damaged(string message) => new(MillError.StorageDamaged, message) { Hint = "Remove the node, and let it join again." };
}
