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

    public string EngineLog => In("etcd.log");

    /// <summary>For the socket between Mill and its etcd.</summary>
    public string Run => In("run");

    public string MasterKey => In("master.key");

    /// <summary>What etcd shows while the cluster is being founded and there is no authority yet.</summary>
    public string FoundingCertificate => In("founding.crt");

    public void Create() => Directory.CreateDirectory(Path, OwnerOnly);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
