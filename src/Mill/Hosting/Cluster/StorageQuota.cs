using Mill.Interaction;
using Mill.Secrets;
using Mill.State.Etcd;

namespace Mill.Hosting.Cluster;

/// <summary>How large the database of a node's etcd may grow, as a node is told and remembers.</summary>
internal static class StorageQuota
{
    /// <summary>
    /// The node with what was asked for; what is not said stays as it was. Throws <see cref="MillError.Usage"/> where Mill runs no etcd for the node, and <see cref="MillError.PreconditionFailed"/> for
    /// less than it had, with which the database, as large as it is, would take no writes: those of no node, since the member with the least decides for all.
    /// </summary>
    public static NodeFile Take(NodeDirectory directory, NodeFile file, long? asked)
    {
        if (asked is not { } quota) return file;
        if (file is not { Role: not "api", ForeignEtcd: null }) throw new MillException(MillError.Usage, Words.NoStorageOfItsOwn) { Hint = Words.NoStorageOfItsOwnHint };
        var database = new FileInfo(directory.EngineDatabase);
        // A node that has outgrown what it was told once must start with the same again, and with more: much of its file may be empty, and that is let go of under the alarm.
        if (quota >= Of(file) || !database.Exists || quota >= MemberSpace.LeastQuota(database.Length)) return file with { StorageQuota = quota };
        throw new MillException(MillError.PreconditionFailed, $"--storage-quota {Text(quota)} is too little: the database of this node's etcd, {database.FullName}, has {Megabytes(database.Length)} MiB already.")
        {
            Hint = $"--storage-quota {Text(MemberSpace.LeastQuota(database.Length))} is enough. Without the option, it stays at {Text(Of(file))}.",
        };
    }

    /// <summary>For a node that joins: never less than the others have, of whom each would be stopped by it.</summary>
    /// <param name="asked">Null where nobody said.</param>
    /// <param name="others">Null where they do not tell.</param>
    public static long? Join(long? asked, long? others, Action<string> progress)
    {
        if (asked is not { } quota || others is not { } theirs || quota >= theirs) return asked ?? others;
        progress($"The other nodes have --storage-quota {Text(theirs)}, and so has this one: with {Text(quota)}, it could stop all of them.");
        return theirs;
    }

    /// <summary>In bytes.</summary>
    public static long Of(NodeFile file) => file.StorageQuota ?? EtcdUpkeepOptions.DefaultQuotaBytes;

    /// <summary>As the option takes it.</summary>
    public static string Text(long quota) => $"{quota >> 20}M";

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
