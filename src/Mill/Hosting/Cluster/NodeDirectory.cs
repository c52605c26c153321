using Mill.Core.Members;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.Vault.Members;

namespace Mill.Hosting.Cluster;

/// <summary>Where a node keeps what.</summary>
internal sealed record NodeDirectory(string Path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public NodeFiles Files { get; } = new(Path);

    public string OperatorToken => In("operator.token");

    /// <summary>etcd's own.</summary>
    public string Engine => In("etcd");

    /// <summary>Of the size of this file, or a little less, etcd says that its database is. Not there before it ran.</summary>
    public string EngineDatabase => System.IO.Path.Combine(Engine, "member", "snap", "db");

    public string EngineLog => In("etcd.log");

    /// <summary>For the socket between Mill and its etcd.</summary>
    public string Run => In("run");

    /// <summary>Where the master key was kept once. It is still read there, and never written.</summary>
    public string FormerMasterKey => In("master.key");

    /// <summary>What etcd shows while the cluster is being founded and there is no authority yet.</summary>
    public string FoundingCertificate => In("founding.crt");

    public void Create() => Directory.CreateDirectory(Path, OwnerOnly);

    /// <summary>
    /// The right of this process to the directory, which there must be; it ends with the process at the latest. Throws <see cref="MillError.DataDirectoryInUse"/>. Whoever starts an engine ends the
    /// one that runs there already: without this, that could be the engine of a node that serves.
    /// </summary>
    public DirectoryLock Take()
    {
        try
        {
            return DirectoryLock.Take(Path, "Stop that process first, or name another directory: --data-dir DIR");
        }
        catch (IOException e)
        {
            throw new MillException(MillError.StorageUnavailable, $"The data directory {Path} cannot be used: {e.Message}", e) { Hint = "Check who owns the data directory." };
        }
    }

    /// <summary>
    /// What this node shows to others. Throws <see cref="MillError.StorageDamaged"/> where there is nothing, and <see cref="MillError.PreconditionFailed"/> where the certificate has ended: nobody
    /// would speak to this node any more, nor give it another one, and it would wait for ever.
    /// </summary>
    public NodeCredentials LoadCredentials(string node, DateTimeOffset now)
    {
        var credentials = Files.Load() ?? throw new MillException(MillError.StorageDamaged, $"There is no certificate in {Path}.") { Hint = "Join again with an empty data directory." };
        var end = credentials.Certificate.NotAfter.ToUniversalTime();
        if (end > now.UtcDateTime) return credentials;
        credentials.Dispose();
        throw new MillException(MillError.PreconditionFailed, $"The certificate of this node ended at {end:u}: it was off for too long, and no other node speaks to it.")
        {
            Hint = $"If the others serve: mill remove {node} on one of them, and join again with an empty data directory. If this is all that is left: mill recover --data-dir {Path}",
        };
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
