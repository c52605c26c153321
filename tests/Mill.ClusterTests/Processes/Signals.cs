using System.Runtime.InteropServices;

namespace Mill.ClusterTests.Processes;

/// <summary>The signals that end a process, stop it for a while, or tell it something (signal(7)).</summary>
internal enum Signal
{
    HangUp = 1,
    Interrupt = 2,
    Kill = 9,
    User1 = 10,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>kill(2), for what .NET has no call.</summary>
internal static partial class Signals
{
    private const int NoSuchProcess = 3;

    /// <summary>A process that is gone already needs no signal: two may have wanted to end it at once.</summary>
    public static void Send(int processId, Signal signal)
    {
        if (NativeKill(processId, (int)signal) == 0 || Marshal.GetLastPInvokeError() == NoSuchProcess) return;
        throw new IOException($"kill: error {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int NativeKill(int processId, int signal);
}
