using System.Security.Cryptography;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>What a directory holds, to see that a command left all of it as it was.</summary>
internal static class FileStates
{
    /// <summary>Each file with its mode and a digest of its bytes. The file that only says who uses the directory is left out.</summary>
    public static string Of(string directory) => string.Join('\n', Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Where(path => path != Path.Combine(directory, "lock"))
        .Order(StringComparer.Ordinal)
        .Select(path => $"{path} {File.GetUnixFileMode(path)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"));
}
