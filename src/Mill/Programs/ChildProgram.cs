using System.Runtime.InteropServices;
using Mill.Commands;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>
/// A program beside this process and in its process group, so that it owns the terminal as if it had been started by hand. It outlives this process where that is killed by SIGKILL: what serves must not end by a
/// fault of who watches it. PR_SET_PDEATHSIG would end it, and in between also where only the thread has ended that started it.
/// </summary>
internal sealed unsafe class ChildProgram
{
    private const int ByProcess = 1; // P_PID
    private const int Exited = 4; // WEXITED
    private const int LeaveThere = 0x01000000; // WNOWAIT
    private const int Interrupted = 4; // EINTR

    private readonly Lock _lock = new();
    private readonly int _id;
    private bool _isGone;

    private ChildProgram(int id)
    {
        _id = id;
        Exit = Task.Factory.StartNew(Wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Its exit code when it ends; 128 and the number of the signal where one killed it, as shells have it.</summary>
    public Task<int> Exit { get; }

    /// <summary>Throws <see cref="MillError.ProgramNotFound"/> or <see cref="MillError.ProgramNotRunnable"/>.</summary>
    /// <param name="output">Where it writes instead of this process's output and error stream, as numbers of open files; null leaves them.</param>
    public static ChildProgram Start(IReadOnlyList<string> command, ProgramVariables variables, (int Output, int Error)? output)
    {
        using var start = ProgramStart.Of(command, variables);
        var attributes = stackalloc byte[ProgramNative.OpaqueSize];
        var signals = stackalloc byte[ProgramNative.OpaqueSize];
        // None is blocked, and none ignored that was not when this process began: the runtime ignores one.
        _ = ProgramNative.InitAttributes(attributes);
        _ = ProgramNative.EmptySignals(signals);
        _ = ProgramNative.SetSignalMask(attributes, signals);
        _ = ProgramNative.AddSignal(signals, ProgramNative.Pipe);
        _ = ProgramNative.SetDefaultSignals(attributes, signals);
        _ = ProgramNative.SetFlags(attributes, ProgramNative.SetsDefaultSignals | ProgramNative.SetsSignalMask);
        var actions = stackalloc byte[ProgramNative.OpaqueSize];
        _ = ProgramNative.InitFileActions(actions);
        if (output is { } to)
        {
            _ = ProgramNative.AddDuplicate(actions, to.Output, 1);
            _ = ProgramNative.AddDuplicate(actions, to.Error, 2);
        }
        ProgramNative.KeepChildren();
        ProgramLimits.Restore();
        var error = ProgramNative.Spawn(out var id, start.File, actions, attributes, start.Arguments, start.Environment);
        return error is 0 ? new(id) : throw ProgramFailure.For(command[0], error);
    }

    /// <summary>Nothing where it has ended: its id may belong to somebody else by now.</summary>
    public void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_isGone) _ = ProgramNative.Kill(_id, signal);
        }
    }

    private int Wait()
    {
        // First only learns that it has ended: the id stays taken until nobody can send to it any more.
        var information = stackalloc byte[ProgramNative.OpaqueSize];
        while (ProgramNative.WaitFor(ByProcess, _id, information, Exited | LeaveThere) != 0 && Marshal.GetLastPInvokeError() is Interrupted)
        {
        }
        lock (_lock)
        {
            _isGone = true;
            if (ProgramNative.Wait(_id, out var status, 0) != _id) return ExitCodes.Unexpected;
            return (status & 0x7f) is 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
        }
    }
}
