namespace Mill.Sync.Requirements;

/// <summary>A checkout of git, as far as files tell of it: git itself need not be installed.</summary>
/// <param name="Root">Where the checkout is.</param>
/// <param name="Configuration">The file that says where it came from; it may be missing.</param>
public sealed record GitDirectory(string Root, string Configuration)
{
    private const string Name = ".git";
    private const string Link = "gitdir:";
    private const long MostLink = 64 * 1024;

    /// <summary>The checkout that a directory is in; null where it is in none. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public static GitDirectory? Find(string directory)
    {
        for (var root = Path.GetFullPath(directory); root is not null; root = Path.GetDirectoryName(root))
        {
            var place = Path.Combine(root, Name);
            if (Directory.Exists(place)) return new(root, Path.Combine(CommonOf(place), "config"));
            // A worktree and a submodule have a file there, which says where the rest is.
            if (File.Exists(place) && ReadLine(place) is { } line && line.StartsWith(Link, StringComparison.Ordinal))
            {
                return new(root, Path.Combine(CommonOf(Path.GetFullPath(line[Link.Length..].Trim(), root)), "config"));
            }
        }
        return null;
    }

    /// <summary>The worktrees of a repository have their configuration in common.</summary>
    private static string CommonOf(string place) =>
        Path.Combine(place, "commondir") is var file && File.Exists(file) && ReadLine(file) is { Length: > 0 } common ? Path.GetFullPath(common, place) : place;

    private static string? ReadLine(string path) => new FileInfo(path).Length > MostLink ? null : File.ReadLines(path).FirstOrDefault()?.Trim();
}
