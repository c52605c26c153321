using System.Runtime.InteropServices;

namespace Mill.Hosting;

/// <summary>Keeps the memory of this process, keys, tokens and values, out of core dumps (prctl(2), PR_SET_DUMPABLE).</summary>
internal static partial class CoreDumps
{
    private const int SetDumpable = 4;

    public static void Forbid() => _ = Prctl(SetDumpable, 0, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint first, nuint second, nuint third, nuint fourth);
}
