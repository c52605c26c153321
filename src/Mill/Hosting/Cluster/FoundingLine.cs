using System.Globalization;
using Mill.Interaction;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>The command that founds the same cluster, for whoever has to say it again.</summary>
internal sealed class FoundingLine(NodeDirectory directory, NodeFile file, VaultOptions vault)
{
    /// <summary>With a backup, and more room for it: twice the quota of before, and again where a backup of this size may be more than half of that.</summary>
    public string Restoring(string backup, long backupBytes)
    {
        var quota = StorageQuota.Of(file);
        do quota *= 2;
        while (quota / 2 < backupBytes);
        return string.Join(' ', ["mill init", .. Place(), .. Option("--restore", backup), .. Option("--storage-quota", StorageQuota.Text(quota))]);
    }

    /// <summary>What is said to all nodes by default is left out.</summary>
    private IEnumerable<string> Place() =>
    [
        .. Option("--advertise", file.Address),
        .. Option("--name", file.NodeName),
        .. Option("--port", file.ApiPort is NewNodeOptions.UsualApiPort ? null : file.ApiPort.ToString(CultureInfo.InvariantCulture)),
        .. Option("--peer-port", file.PeerPort is NewNodeOptions.UsualPeerPort ? null : file.PeerPort.ToString(CultureInfo.InvariantCulture)),
        .. Option("--role", file.Role is "both" ? null : file.Role),
        .. Option("--data-dir", directory.Path),
        .. Option("--master-key-file", vault.MasterKey is null ? vault.MasterKeyFile : null),
        .. Option("--etcd", file.Etcd),
    ];

    private static IEnumerable<string> Option(string name, string? value) => value is null ? [] : [name, ShellWord.From(value)];
}
