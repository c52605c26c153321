using System.Text;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Canaries;

/// <summary>Looks where secrets could leak to.</summary>
internal static class Hiding
{
    /// <param name="given">What whoever started the process put into its environment, and so may be there.</param>
    public static void RequireNotInProcess(int processId, IReadOnlyList<Canary> canaries, Canary? given = null)
    {
        RequireNotIn(File.ReadAllBytes($"/proc/{processId}/cmdline"), canaries, "cmdline of a process");
        RequireNotIn(File.ReadAllBytes($"/proc/{processId}/environ"), [.. canaries.Where(canary => canary != given)], "environ of a process");
    }

    public static void RequireNotInText(string text, IReadOnlyList<Canary> canaries, string where) => RequireNotIn(Encoding.UTF8.GetBytes(text), canaries, where);

    /// <summary>Every file below a sandbox; returns how many there were.</summary>
    public static int RequireNotInFiles(Sandbox sandbox, IReadOnlyList<Canary> canaries, Func<string, bool>? where = null) => RequireNotInFiles(sandbox.Root, canaries, where);

    /// <summary>Every file below a directory; returns how many there were.</summary>
    public static int RequireNotInFiles(string directory, IReadOnlyList<Canary> canaries, Func<string, bool>? where = null)
    {
        var files = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(where ?? (_ => true)).Where(IsRegular).ToList();
        foreach (var file in files) RequireNotIn(Written(ReadShared(file)), canaries, file);
        return files.Count;
    }

    /// <summary>Pipes and sockets hold nothing: those of .NET, and the engine's.</summary>
    private static bool IsRegular(string path) =>
        (File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.System)) == 0
        && !path.EndsWith("-socket", StringComparison.Ordinal) && !path.Contains("clr-debug-pipe", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith("etcd:", StringComparison.Ordinal);

    private static void RequireNotIn(ReadOnlySpan<byte> bytes, IReadOnlyList<Canary> canaries, string where)
    {
        for (var i = 0; i < canaries.Count; i++) Assert.False(canaries[i].IsIn(bytes), $"Canary {i} is in {where}.");
    }

    /// <summary>Without the space at the end that was only set aside: most of an engine's log is that.</summary>
    private static ReadOnlySpan<byte> Written(ReadOnlySpan<byte> bytes) => bytes[..(bytes.LastIndexOfAnyExcept((byte)0) + 1)];

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
