using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mill.State.Embedded;

/// <summary>What .NET has no call for: a lock file that others may still read, fsync of a directory, and creating with a mode without a platform guard.</summary>
internal static partial class Libc
{
    private const string Library = "libc";
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const int ExclusiveWithoutWaiting = 2 | 4;
    private const int WouldBlock = 11;
    private const int Exists = 17;
    private const uint PrivateFile = 0x180; // 0600
    private const uint PrivateDirectory = 0x1C0; // 0700
    private const uint SharedDirectory = 0x1ED; // 0755

    public static SafeFileHandle OpenOrCreate(string path) => Open(path, ReadWrite | Create | CloseOnExec, PrivateFile);

    /// <summary>Makes a file that only its owner may read, from its first moment; fails if there is one.</summary>
    public static SafeFileHandle CreateFile(string path) => Open(path, ReadWrite | Create | Exclusive | CloseOnExec, PrivateFile);

    /// <summary>Makes a directory; one that another process has just made will do.</summary>
    public static void CreateDirectory(string path, bool isPrivate)
    {
        if (NativeMakeDirectory(path, isPrivate ? PrivateDirectory : SharedDirectory) == 0)
            return;
        var failure = LastError(path);
        if (failure.HResult != Exists || !Directory.Exists(path))
            throw failure;
    }

    /// <summary>False if another open file holds the lock.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (NativeFlock(file, ExclusiveWithoutWaiting) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == WouldBlock ? false : throw LastError("flock");
    }

    /// <summary>Makes creations and renames in a directory durable.</summary>
    public static void SyncDirectory(string directory)
    {
        using var handle = Open(directory, ReadOnly | CloseOnExec, mode: 0);
        if (NativeFsync(handle) != 0)
            throw LastError(directory);
    }

    private static SafeFileHandle Open(string path, int flags, uint mode)
    {
        var descriptor = NativeOpen(path, flags, mode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LastError(path);
    }

    private static IOException LastError(string what)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {new Win32Exception(code).Message}", code); // the error number as HResult, as .NET's own calls do
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    private static partial int NativeFlock(SafeFileHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeMakeDirectory(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeFsync(SafeFileHandle file);
}
