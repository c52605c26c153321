using System.Runtime.InteropServices;

namespace Mill.Tests.Secrets.Providers;

/// <summary>A directory as the kubelet makes it (AtomicWriter): keys are links through <c>..data</c>, which is itself a link, and is exchanged by renaming.</summary>
internal sealed partial class KubernetesMount
{
    private static readonly DateTime Written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly string _path;
    private int _generation;

    public KubernetesMount(string path, params (string Key, string Value)[] secrets)
    {
        _path = path;
        Exchange(secrets);
    }

    public void Exchange(params (string Key, string Value)[] secrets)
    {
        var old = new DirectoryInfo(Path.Combine(_path, "..data")).LinkTarget;
        var directory = $"..2026_{++_generation}";
        Directory.CreateDirectory(Path.Combine(_path, directory));
        foreach (var (key, value) in secrets) WriteFile(Path.Combine(_path, directory, key), value);
        Directory.CreateSymbolicLink(Path.Combine(_path, "..data_tmp"), directory);
        // rename(2) puts a link in the place of another one; .NET would take what they lead to for directories, and refuse.
        if (Rename(Path.Combine(_path, "..data_tmp"), Path.Combine(_path, "..data")) != 0) throw new IOException("The link cannot be exchanged.");
        foreach (var (key, _) in secrets.Where(secret => new FileInfo(Path.Combine(_path, secret.Key)).LinkTarget is null))
            File.CreateSymbolicLink(Path.Combine(_path, key), $"..data/{key}");
        foreach (var link in Directory.GetFileSystemEntries(_path).Where(link => Path.GetFileName(link) is var name && name[0] != '.' && secrets.All(secret => secret.Key != name))) File.Delete(link);
        if (old is not null) Directory.Delete(Path.Combine(_path, old), recursive: true);
    }

    /// <summary>Everybody may read it, and its time says nothing.</summary>
    private static void WriteFile(string path, string value)
    {
        File.WriteAllText(path, value);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetLastWriteTimeUtc(path, Written);
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
