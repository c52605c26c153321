using System.Runtime.InteropServices;

namespace Mill.State.Etcd.Process;

/// <summary>kill(2): .NET can only kill, not ask.</summary>
internal static partial class ProcessSignals
{
    private const int Kill = 9;
    private const int Terminate = 15;

    /// <summary>Asks a process to end. One that is gone needs no asking.</summary>
    public static void SendTerminate(int processId) => NativeKill(processId, Terminate);

    public static void SendKill(int processId) => NativeKill(processId, Kill);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int NativeKill(int processId, int signal);
}
