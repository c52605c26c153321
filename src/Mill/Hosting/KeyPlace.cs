using Mill.Secrets;

namespace Mill.Hosting;

/// <summary>Where a master key may lie: wherever its owner says, but never with the data that it opens. Whoever gets hold of a copy of those would have both.</summary>
internal static class KeyPlace
{
    /// <summary>As many as Linux follows, too.</summary>
    private const int MaxLinks = 40;

    /// <summary>Throws <see cref="MillError.Usage"/> for a file in or below the data directory, whatever links lead there.</summary>
    public static void RequireApart(string file, string dataDirectory)
    {
        if (!IsInside(file, dataDirectory)) return;
        throw new MillException(MillError.Usage, $"The master key is never kept with the data: {file} is in the data directory {dataDirectory}.")
        {
            Hint = "Name a place outside of it: --master-key-file /etc/mill/master.key. A key that is there already is moved with mv -n.",
        };
    }

    public static bool IsInside(string file, string directory)
    {
        var (inner, outer) = (Real(file, 0), Real(directory, 0));
        return inner == outer || inner.StartsWith(Path.EndsInDirectorySeparator(outer) ? outer : outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>The path without links; what is not there yet is no link.</summary>
    private static string Real(string path, int links)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        var here = Path.Combine(Real(parent, links), Path.GetFileName(full));
        return links < MaxLinks && new FileInfo(here).LinkTarget is { } target ? Real(Path.Combine(Path.GetDirectoryName(here)!, target), links + 1) : here;
    }
}
