using System.Text;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Canaries;

/// <summary>Looks where secrets could leak to.</summary>
internal static class Hiding
{
    public static void RequireNotInProcess(int processId, IReadOnlyList<Canary> canaries)
    {
        foreach (var file in (string[])["cmdline", "environ"]) RequireNotIn(File.ReadAllBytes($"/proc/{processId}/{file}"), canaries, $"{file} of a process");
    }

    public static void RequireNotInText(string text, IReadOnlyList<Canary> canaries, string where) => RequireNotIn(Encoding.UTF8.GetBytes(text), canaries, where);

    /// <summary>Every file below a sandbox; returns how many there were.</summary>
    public static int RequireNotInFiles(Sandbox sandbox, IReadOnlyList<Canary> canaries, Func<string, bool>? where = null)
    {
        var files = Directory.EnumerateFiles(sandbox.Root, "*", SearchOption.AllDirectories).Where(where ?? (_ => true)).Where(IsRegular).ToList();
        foreach (var file in files) RequireNotIn(ReadShared(file), canaries, file);
        return files.Count;
    }

    private static bool IsRegular(string path) => (File.GetAttributes(path) & (FileAttributes.Device | FileAttributes.System)) == 0 && !path.EndsWith("-socket", StringComparison.Ordinal) && !path.Contains("clr-debug-pipe", StringComparison.Ordinal);

    private static void RequireNotIn(ReadOnlySpan<byte> bytes, IReadOnlyList<Canary> canaries, string where)
    {
        for (var i = 0; i < canaries.Count; i++) Assert.False(canaries[i].IsIn(bytes), $"Canary {i} is in {where}.");
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
