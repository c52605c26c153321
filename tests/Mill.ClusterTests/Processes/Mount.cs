using System.Diagnostics;
using Xunit;

namespace Mill.ClusterTests.Processes;

/// <summary>A file system mounted over a directory, until it is disposed.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string _path;

    private Mount(string path) => _path = path;

    public static Mount Small(string path, string size)
    {
        Directory.CreateDirectory(path);
        Demand("mount", "-t", "tmpfs", "-o", $"size={size},mode=0700", "none", path);
        return new(path);
    }

    public static Mount ReadOnly(string path)
    {
        Demand("mount", "--bind", path, path);
        Demand("mount", "-o", "remount,bind,ro", path);
        return new(path);
    }

    public void Resize(string size) => Demand("mount", "-o", $"remount,size={size}", _path);

    public void Dispose() => Try("umount", "--lazy", _path);

    public static bool Try(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void Demand(string program, params string[] arguments)
    {
        if (!Try(program, arguments)) throw new IOException($"This failed: {program} {string.Join(' ', arguments)}");
    }
}

/// <summary>A test that mounts file systems: skipped where that is not allowed.</summary>
public sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> CanMount = new(Probe);

    public MountFactAttribute()
    {
        if (!CanMount.Value) Skip = "File systems cannot be mounted here: this test needs root.";
    }

    private static bool Probe()
    {
        using var sandbox = new Sandbox();
        Directory.CreateDirectory(sandbox.Data);
        return Mount.Try("mount", "-t", "tmpfs", "-o", "size=64k", "none", sandbox.Data) && Mount.Try("umount", sandbox.Data);
    }
}
