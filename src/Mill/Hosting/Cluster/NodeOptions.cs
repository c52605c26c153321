using Microsoft.Extensions.Logging;
using Mill.Backups;
using Mill.Core.Model;
using Mill.Hosting.Fleet;

namespace Mill.Hosting.Cluster;

/// <summary>What every way to start a node is told.</summary>
internal record NodeOptions
{
    public required string DataDirectory { get; init; }

    /// <summary>The master key itself, from the environment; wins over the file.</summary>
    public string? MasterKey { get; init; }

    /// <summary>Null where none was named.</summary>
    public string? MasterKeyFile { get; init; }

    /// <summary>Where the key is if nobody says otherwise; null where there is no home.</summary>
    public string? UsualMasterKeyFile { get; init; }

    /// <summary>The etcd program; null for the one that is found.</summary>
    public string? Etcd { get; init; }

    /// <summary>How large the database of etcd may grow, in bytes; null for what the node has already.</summary>
    public long? StorageQuota { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Backups to make by itself; null for none.</summary>
    public BackupPlan? Backups { get; init; }

    /// <summary>Where it runs containers; null for none.</summary>
    public ContainerPlace? Containers { get; init; }

    /// <summary>Where the vaults are, for a node of the role api; empty for those that it was told of.</summary>
    public IReadOnlyList<Uri> Vaults { get; init; } = [];

    /// <summary>Told what is being waited for.</summary>
    public Action<string> Progress { get; init; } = static _ => { };

    // A record prints its members; the master key must never be one of them.
    public override string ToString() => DataDirectory;
}

/// <summary>What a node that does not exist yet is to be.</summary>
internal sealed record NewNodeOptions : NodeOptions
{
    public const int UsualApiPort = 4400;
    public const int UsualPeerPort = 2380;

    public required string Name { get; init; }

    /// <summary>The IP address at which others reach it, and to which everything is bound.</summary>
    public required string Advertise { get; init; }

    public int ApiPort { get; init; } = UsualApiPort;

    public int PeerPort { get; init; } = UsualPeerPort;

    public NodeRole Role { get; init; } = NodeRole.Both;

    /// <summary>A backup to begin with, for the first node; null to begin with nothing.</summary>
    public string? Restore { get; init; }

    /// <summary>Null where Mill runs etcd itself.</summary>
    public ForeignEtcd? ForeignEtcd { get; init; }

    public override string ToString() => $"{Name} at {Advertise}, {DataDirectory}";
}

/// <summary>What <c>mill server</c> was asked for.</summary>
internal sealed record ServerOptions : NodeOptions
{
    /// <summary>What the node must be; null for whatever it is.</summary>
    public NodeRole? Role { get; init; }

    public override string ToString() => DataDirectory;
}

/// <summary>What a person needs to know once a node answers.</summary>
/// <param name="Token">An operator's, where the cluster was founded just now.</param>
/// <param name="JoinToken">For the next node, where the cluster was founded just now.</param>
/// <param name="Vault">Null on a node that has no vault.</param>
/// <param name="KeyFile">The file of the master key; null where it comes from none.</param>
internal sealed record ClusterReady(string Address, string? Token, string? JoinToken, Vault.VaultStart? Vault, string Node, string DataDirectory, string AuthorityFile, string? KeyFile)
{
    // A record prints its members; the tokens must never be among them.
    public override string ToString() => Address;
}
