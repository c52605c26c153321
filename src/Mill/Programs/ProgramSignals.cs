using System.Globalization;
using System.Runtime.InteropServices;

namespace Mill.Programs;

/// <summary>Passes signals on to a program. What the terminal sends goes to the program by itself, because it is in the same process group; a signal that is ignored here is left alone.</summary>
internal sealed class ProgramSignals : IDisposable
{
    public const int Terminate = 15; // SIGTERM
    public const int Kill = 9; // SIGKILL

    private const string IgnoredLine = "SigIgn:";

    private static readonly (PosixSignal Kind, int Number, bool IsOfTerminal)[] PassedOn =
    [
        (PosixSignal.SIGTERM, Terminate, false),
        (PosixSignal.SIGHUP, 1, true),
        (PosixSignal.SIGINT, 2, true),
        (PosixSignal.SIGQUIT, 3, true),
        ((PosixSignal)10, 10, false), // SIGUSR1
        ((PosixSignal)12, 12, false), // SIGUSR2
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <param name="pass">Told each signal, and whether the program has it already.</param>
    public ProgramSignals(Action<int, bool> pass)
    {
        var ignored = FindIgnored();
        foreach (var (kind, number, isOfTerminal) in PassedOn.Where(signal => (ignored & (1UL << (signal.Number - 1))) == 0))
        {
            _registrations.Add(PosixSignalRegistration.Create(kind, context =>
            {
                context.Cancel = true;
                pass(number, isOfTerminal && IsInForeground());
            }));
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    /// <summary>By number, from the lowest bit (proc_pid_status(5)).</summary>
    private static ulong FindIgnored() =>
        File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(IgnoredLine, StringComparison.Ordinal)) is { } line
        && ulong.TryParse(line.AsSpan(IgnoredLine.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var signals) ? signals : 0;

    private static bool IsInForeground()
    {
        try
        {
            using var terminal = File.OpenHandle("/dev/tty");
            return ProgramNative.ForegroundGroup(terminal) == ProgramNative.Group();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no terminal at all
        }
    }
}
