using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Hosting.Fleet;

/// <summary>Where files with secrets are put for containers: on a tmpfs, and never on a disk.</summary>
internal static class MemoryPlace
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A directory of one node, which is there afterwards. Throws <see cref="MillError.Configuration"/> where this machine has no such place.</summary>
    /// <param name="runtime">The user's own, as <c>XDG_RUNTIME_DIR</c> has it; null where there is none.</param>
    public static string Create(NodeId node, string? runtime)
    {
        foreach (var place in (string?[])["/run", runtime, "/dev/shm"])
        {
            // A name that nobody else on the machine knows beforehand: /dev/shm is everybody's.
            if (place is not null && IsMemory(place) && TryCreate(Path.Combine(place, place is "/dev/shm" ? $"mill-{node}" : $"mill/{node}")) is { } directory) return directory;
        }
        throw new MillException(MillError.Configuration, "There is no place in memory for files with secrets: neither /run, nor XDG_RUNTIME_DIR, nor /dev/shm is a tmpfs that can be written.")
        {
            Hint = "Mount one: mount -t tmpfs tmpfs /dev/shm",
        };
    }

    private static bool IsMemory(string path) => Directory.Exists(path) && new DriveInfo(path).DriveFormat is "tmpfs" or "ramfs";

    private static string? TryCreate(string directory)
    {
        try
        {
            return Directory.CreateDirectory(directory, OwnerOnly).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
