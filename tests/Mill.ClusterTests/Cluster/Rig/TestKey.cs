using System.Security.Cryptography;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>Files with master keys.</summary>
internal static class TestKey
{
    /// <summary>A good key, and that of no cluster.</summary>
    public static string WriteOther(string path)
    {
        File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        return path;
    }

    /// <summary>The key of a node, kept away from its machine.</summary>
    public static string CopyOf(RigNode node, string path)
    {
        File.Copy(node.KeyFile, path);
        return path;
    }
}
