using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>The files of allocations: secrets in memory, scratch space on the disk.</summary>
/// <param name="memory">A directory that only memory holds (tmpfs).</param>
/// <param name="disk">A directory of the node's data.</param>
internal sealed class AllocFiles(string memory, string disk)
{
    /// <summary>Makes what a container gets to see, empty or with its content. Throws <see cref="MillError.Configuration"/> where secrets would reach a disk.</summary>
    /// <returns>As the Engine binds it.</returns>
    public IReadOnlyList<string> Prepare(AllocRecord alloc, ContainerEnv env)
    {
        Remove(alloc.Id);
        var binds = new List<string>();
        foreach (var volume in alloc.Container.Volumes.Where(volume => volume.IsEphemeral))
        {
            var directory = Directory.CreateDirectory(Path.Combine(disk, alloc.Id, volume.Name));
            binds.Add($"{directory.FullName}:{volume.Path}");
        }
        if (env.Files.Count is 0) return binds;
        if (!IsMemory()) throw new MillException(MillError.Configuration, $"the place for files with secrets, {memory}, is on a disk") { Hint = "Mount a tmpfs there, or name one with --run-dir." };
        foreach (var ((file, content), index) in env.Files.Select((file, index) => (file, index)))
        {
            var path = Path.Combine(MemoryOf(alloc.Id), index.ToString(CultureInfo.InvariantCulture));
            Write(path, file, content);
            binds.Add($"{path}:{file.Path}:ro");
        }
        return binds;
    }

    public void Remove(string id)
    {
        foreach (var directory in new[] { MemoryOf(id), Path.Combine(disk, id) })
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The allocations of which there is something.</summary>
    public IReadOnlyList<string> Ids() => [.. new[] { memory, disk }.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(directory => Path.GetFileName(directory)).Distinct(StringComparer.Ordinal)];

    private string MemoryOf(string id) => Path.Combine(memory, id);

    private static void Write(string path, SecretFileSpec file, SecretValue content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(handle, (UnixFileMode)Convert.ToInt32(file.Mode, 8));
        FileOwner.Set(handle, file);
        content.Reveal(handle, static (bytes, into) => RandomAccess.Write(into, bytes, 0));
    }

    private bool IsMemory()
    {
        Directory.CreateDirectory(memory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new DriveInfo(memory).DriveFormat is "tmpfs" or "ramfs";
    }
}
