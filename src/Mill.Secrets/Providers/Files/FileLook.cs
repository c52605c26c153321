namespace Mill.Secrets.Providers.Files;

/// <summary>What can be seen of a file without reading it.</summary>
internal static class FileLook
{
    public const string Missing = "missing";

    private const int MostLinks = 40; // as Linux has it

    /// <summary>Where it really is, when it was written, how long it is, and who may read it. Never throws.</summary>
    public static string At(string path)
    {
        try
        {
            var file = new FileInfo(RealPath(path));
            return file.Exists ? $"{file.FullName}|{file.LastWriteTimeUtc.Ticks}|{file.Length}|{(OperatingSystem.IsWindows() ? 0 : (int)file.UnixFileMode)}" : Missing;
        }
        catch (Exception e) when (FileOrigin.IsFileFault(e))
        {
            return Missing;
        }
    }

    /// <summary>
    /// The path without links, in the directories neither: Kubernetes exchanges a link to a directory, and a file of the same length and time may then be another one.
    /// Throws <see cref="IOException"/> where links run in circles.
    /// </summary>
    public static string RealPath(string path) => RealPath(path, depth: 0);

    private static string RealPath(string path, int depth)
    {
        if (depth > MostLinks) throw new IOException("Too many links.");
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = new FileInfo(next).LinkTarget is { } target ? RealPath(Path.GetFullPath(target, real), depth + 1) : next;
        }
        return real;
    }
}
