using System.Runtime.InteropServices;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>Becomes another program: with this process's id, terminal and open streams, so that signals and exit code need nobody to pass them on.</summary>
internal static unsafe class ProgramReplacement
{
    /// <summary>Only returns where it failed, with <see cref="MillError.ProgramNotFound"/> or <see cref="MillError.ProgramNotRunnable"/>.</summary>
    public static MillException Run(IReadOnlyList<string> command, ProgramVariables variables)
    {
        using var start = ProgramStart.Of(command, variables);
        ProgramNative.RestoreSignals();
        ProgramLimits.Restore();
        _ = ProgramNative.Execute(start.File, start.Arguments, start.Environment);
        return ProgramFailure.For(command[0], Marshal.GetLastPInvokeError());
    }
}
