using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Mill.Commands;

/// <summary>Whom a file belongs to, for which .NET has no call (statx(2), fchown(2)).</summary>
internal static partial class FileOwner
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint Wanted = 0x8 | 0x10; // STATX_UID | STATX_GID
    private const int ResultSize = 256;
    private const int UserPlace = 20;
    private const int GroupPlace = 24;

    /// <summary>Gives an open file the owner and the group of another one. Throws <see cref="IOException"/>.</summary>
    public static void Copy(string from, FileStream to)
    {
        Span<byte> found = stackalloc byte[ResultSize];
        Check(NativeStat(CurrentDirectory, from, 0, Wanted, found), "be read");
        var (user, group) = (BinaryPrimitives.ReadUInt32LittleEndian(found[UserPlace..]), BinaryPrimitives.ReadUInt32LittleEndian(found[GroupPlace..]));
        Check(NativeChangeOwner(to.SafeFileHandle, user, group), "be kept");
    }

    private static void Check(int result, string done)
    {
        if (result != 0) throw new IOException($"its owner cannot {done}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeStat(int directory, string path, int flags, uint wanted, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int NativeChangeOwner(SafeHandle file, uint user, uint group);
}
