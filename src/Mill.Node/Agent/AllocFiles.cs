using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>The files of allocations: secrets in memory, scratch space on the disk.</summary>
/// <param name="memory">A directory that only memory holds (tmpfs); null where there is none.</param>
/// <param name="disk">A directory of the node's data.</param>
internal sealed class AllocFiles(string? memory, string disk)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Everybody = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes what a container gets to see, empty or with its content. Throws <see cref="MillError.Configuration"/> where secrets would reach a disk.</summary>
    /// <returns>As the Engine binds it.</returns>
    public IReadOnlyList<string> Prepare(AllocRecord alloc, ContainerEnv env)
    {
        Remove(alloc.Id);
        var binds = new List<string>();
        foreach (var volume in alloc.Container.Volumes.Where(volume => volume.IsEphemeral))
        {
            // The container may run as anybody, and nobody else comes through the directory above.
            Directory.CreateDirectory(Path.Combine(disk, alloc.Id), OwnerOnly);
            var directory = Directory.CreateDirectory(Path.Combine(disk, alloc.Id, volume.Name));
            File.SetUnixFileMode(directory.FullName, Everybody);
            binds.Add($"{directory.FullName}:{volume.Path}");
        }
        if (env.Files.Count is 0) return binds;
        if (memory is null) throw new MillException(MillError.Configuration, "there is no place in memory for files with secrets: neither /run, nor XDG_RUNTIME_DIR, nor /dev/shm is a tmpfs that this user can write, and nobody else") { Hint = "Mount one: mount -t tmpfs tmpfs /dev/shm" };
        if (!IsMemory(memory)) throw new MillException(MillError.Configuration, $"the place for files with secrets, {memory}, is on a disk");
        foreach (var ((file, content), index) in env.Files.Select((file, index) => (file, index)))
        {
            var path = Path.Combine(memory, alloc.Id, index.ToString(CultureInfo.InvariantCulture));
            Write(path, file, content);
            binds.Add($"{path}:{file.Path}:ro");
        }
        return binds;
    }

    public void Remove(string id)
    {
        foreach (var directory in Places().Select(place => Path.Combine(place, id)))
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The allocations of which there is something.</summary>
    public IReadOnlyList<string> Ids() => [.. Places().Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(directory => Path.GetFileName(directory)).Distinct(StringComparer.Ordinal)];

    private string[] Places() => memory is null ? [disk] : [memory, disk];

    private static void Write(string path, SecretFileSpec file, SecretValue content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly);
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(handle, (UnixFileMode)Convert.ToInt32(file.Mode, 8));
        FileOwner.Set(handle, file);
        content.Reveal(handle, static (bytes, into) => RandomAccess.Write(into, bytes, 0));
    }

    private static bool IsMemory(string memory)
    {
        Directory.CreateDirectory(memory, OwnerOnly);
        return new DriveInfo(memory).DriveFormat is "tmpfs" or "ramfs";
    }
}
