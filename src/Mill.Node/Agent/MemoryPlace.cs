using Mill.Core.Model;

namespace Mill.Node.Agent;

/// <summary>Where files with secrets are put for containers: on a tmpfs, and never on a disk.</summary>
public static class MemoryPlace
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A directory of one node, which is there afterwards, and nobody else's; null where this machine has no such place.</summary>
    /// <param name="runtime">The user's own, as <c>XDG_RUNTIME_DIR</c> has it; null where there is none.</param>
    public static string? Find(NodeId node, string? runtime) => Find(node, ["/run", runtime, "/dev/shm"]);

    /// <summary>The same among certain places.</summary>
    internal static string? Find(NodeId node, IEnumerable<string?> places)
    {
        foreach (var place in places)
        {
            if (place is not null && IsMemory(place) && TryCreate(Path.Combine(place, place is "/dev/shm" ? $"mill-{node}" : $"mill/{node}")) is { } directory) return directory;
        }
        return null;
    }

    private static bool IsMemory(string path) => Directory.Exists(path) && new DriveInfo(path).DriveFormat is "tmpfs" or "ramfs";

    /// <summary>/dev/shm is everybody's, and others may know the name: what somebody else made there first is not taken.</summary>
    private static string? TryCreate(string directory)
    {
        try
        {
            var made = Directory.CreateDirectory(directory, OwnerOnly).FullName;
            return FileOwner.IsOwnAlone(made) ? made : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
