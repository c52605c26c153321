using System.Globalization;
using System.Runtime.InteropServices;

namespace Mill.Benchmarks.Report;

/// <summary>What the numbers were measured on; without it they mean nothing.</summary>
internal static class Machine
{
    public static string Describe(string directory)
    {
        var drive = DriveInfo.GetDrives().Where(drive => Path.GetFullPath(directory).StartsWith(drive.Name, StringComparison.Ordinal)).MaxBy(drive => drive.Name.Length);
        return $"""
            | | |
            |---|---|
            | processor | {Value("/proc/cpuinfo", "model name")}, {Environment.ProcessorCount} cores |
            | memory | {Memory()} |
            | disk of the data | {drive?.DriveFormat ?? "unknown"} |
            | kernel | {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()} |
            | runtime | {RuntimeInformation.FrameworkDescription} |
            | date | {TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} |
            """;
    }

    private static string Memory() =>
        long.TryParse(Value("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture, out var kibibytes)
            ? string.Create(CultureInfo.InvariantCulture, $"{kibibytes / 1048576.0:0.#} GiB")
            : "unknown";

    private static string Value(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
