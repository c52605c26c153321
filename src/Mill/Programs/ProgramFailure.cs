using System.Runtime.InteropServices;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>A program that could not be started.</summary>
internal static class ProgramFailure
{
    public static MillException For(string program, int error) => error is ProgramNative.NotThere
        ? new(MillError.ProgramNotFound, Words.NoSuchProgram(program))
        : new(MillError.ProgramNotRunnable, Words.ProgramNotRunnable(program, Marshal.GetPInvokeErrorMessage(error)));
}
