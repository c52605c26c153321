using System.Runtime.InteropServices;
using Mill.Secrets;

namespace Mill.Hosting;

/// <summary>What a server needs of the system and .NET does not bring: said at the start, and not by the first request that needs it.</summary>
internal static class SystemLibraries
{
    private static readonly (string File, string What, string Package)[] Needed =
    [
        ("libsqlite3.so.0", "SQLite", "libsqlite3-0"),
        ("libcrypto.so.3", "OpenSSL 3", "libssl3"),
    ];

    /// <summary>Throws <see cref="MillError.StorageUnavailable"/>, naming the first that is not there.</summary>
    public static void Demand()
    {
        foreach (var (file, what, package) in Needed)
        {
            if (!NativeLibrary.TryLoad(file, out _))
                throw new MillException(MillError.StorageUnavailable, $"{what} ({file}) is not installed on this machine.") { Hint = $"Install it. On Debian or Ubuntu: apt install {package}" };
        }
    }
}
