using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mill.Tests.State;

/// <summary>Makes SQLite's writes to one file fail with an error number, through the hook that SQLite's unix layer has for its own tests.</summary>
/// <remarks>The hook is there once for the process; it looks at which file is written, so that tests which run beside this one notice nothing.</remarks>
internal sealed unsafe partial class FailingWrites : IDisposable
{
    private const int SetSystemCallSlot = 18; // words before xSetSystemCall in struct sqlite3_vfs, on 64 bits

    private static readonly ConcurrentDictionary<string, int> Failing = new();
    private static readonly Lock Installing = new();
    private static bool _isInstalled;

    private readonly string _path;

    public FailingWrites(string path, int errorNumber)
    {
        Install();
        _path = path;
        Failing[path] = errorNumber;
    }

    public void Dispose() => Failing.TryRemove(_path, out _);

    private static void Install()
    {
        lock (Installing)
        {
            if (_isInstalled)
                return;
            var vfs = (nint*)FindVfs(0);
            var setSystemCall = (delegate* unmanaged[Cdecl]<nint*, byte*, nint, int>)vfs[SetSystemCallSlot];
            fixed (byte* write = "write\0"u8, pwrite = "pwrite\0"u8, pwrite64 = "pwrite64\0"u8) // which one is in use depends on the build
            {
                _ = setSystemCall(vfs, write, (nint)(delegate* unmanaged[Cdecl]<int, void*, nint, nint>)&Write);
                _ = setSystemCall(vfs, pwrite, (nint)(delegate* unmanaged[Cdecl]<int, void*, nint, nint, nint>)&WriteAt);
                _ = setSystemCall(vfs, pwrite64, (nint)(delegate* unmanaged[Cdecl]<int, void*, nint, nint, nint>)&WriteAt);
            }

            _isInstalled = true;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Write(int file, void* bytes, nint length) => Fails(file) ? -1 : NativeWrite(file, bytes, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint WriteAt(int file, void* bytes, nint length, nint offset) => Fails(file) ? -1 : NativeWriteAt(file, bytes, length, offset);

    private static bool Fails(int file)
    {
        if (Failing.IsEmpty || File.ResolveLinkTarget($"/proc/self/fd/{file}", returnFinalTarget: false) is not { } target || !Failing.TryGetValue(target.FullName, out var error))
            return false;
        Marshal.SetLastSystemError(error);
        return true;
    }

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_vfs_find")]
    private static partial nint FindVfs(nint name);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint NativeWrite(int file, void* bytes, nint length);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    private static partial nint NativeWriteAt(int file, void* bytes, nint length, nint offset);
}
