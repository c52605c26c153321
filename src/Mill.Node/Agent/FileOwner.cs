using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Whose a file is: a container that does not run as root could not read it otherwise.</summary>
internal static partial class FileOwner
{
    /// <summary>Throws <see cref="MillError.Configuration"/> where this process may not give files away.</summary>
    public static void Set(SafeFileHandle handle, SecretFileSpec file)
    {
        // Numbers of users and groups are unsigned; what is 0 is whose this process is, where that is not root.
        if ((file.Uid is 0 && file.Gid is 0) || Change(handle, (uint)file.Uid, (uint)file.Gid) is 0) return;
        throw new MillException(MillError.Configuration, $"{file.Path} cannot be given to {file.Uid}:{file.Gid}: error {Marshal.GetLastPInvokeError()}") { Hint = "Run mill as root, or leave uid and gid out." };
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Change(SafeFileHandle handle, uint user, uint group);
}
