using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mill.Vault;

/// <summary>fsync of a directory, which .NET has no call for: without it a power cut may take a new name away, and with it the only key, or the only backup.</summary>
public static partial class DirectorySync
{
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>Throws <see cref="IOException"/>.</summary>
    public static void Run(string directory)
    {
        using var handle = new SafeFileHandle(Open(directory, ReadOnlyCloseOnExec), ownsHandle: true);
        if (handle.IsInvalid || Sync(handle) != 0) throw new IOException($"{directory}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
