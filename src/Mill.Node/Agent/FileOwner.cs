using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Whose a file is, for which .NET has no call: a container that does not run as root could not read it otherwise.</summary>
internal static partial class FileOwner
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int OfLinks = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint Wanted = 0x1 | 0x2 | 0x8; // STATX_TYPE | STATX_MODE | STATX_UID
    private const int ResultSize = 256;
    private const int UserPlace = 20;
    private const int ModePlace = 28;
    private const int OwnDirectory = 0x41C0; // S_IFDIR | 0700
    private const int WithoutSpecial = 0xF1FF; // a directory may have its group from the one above it

    /// <summary>Throws <see cref="MillError.Configuration"/> where this process may not give files away.</summary>
    public static void Set(SafeFileHandle handle, SecretFileSpec file)
    {
        // Numbers of users and groups are unsigned; what is 0 is whose this process is, where that is not root.
        if ((file.Uid is 0 && file.Gid is 0) || Change(handle, (uint)file.Uid, (uint)file.Gid) is 0) return;
        throw new MillException(MillError.Configuration, $"{file.Path} cannot be given to {file.Uid}:{file.Gid}: error {Marshal.GetLastPInvokeError()}") { Hint = "Run mill as root, or leave uid and gid out." };
    }

    /// <summary>Whether it is a directory, and no link to one, of the user that this process runs as, which nobody else may even enter.</summary>
    public static bool IsOwnAlone(string directory)
    {
        Span<byte> found = stackalloc byte[ResultSize];
        return Stat(CurrentDirectory, directory, OfLinks, Wanted, found) is 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(found[ModePlace..]) & WithoutSpecial) is OwnDirectory && BinaryPrimitives.ReadUInt32LittleEndian(found[UserPlace..]) == User();
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Change(SafeFileHandle handle, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int directory, string path, int flags, uint wanted, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint User();
}
