using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Mill.Client.Contracts;

namespace Mill.Interaction;

/// <summary>The terminal of this process for a program elsewhere: every key goes there, Ctrl-C too, and nothing is shown twice. Disposing gives it back as it was, and so does every way to end but SIGKILL.</summary>
internal sealed partial class RawTerminal : IDisposable
{
    private const int Now = 0; // TCSANOW
    private const nuint WindowSize = 0x5413; // TIOCGWINSZ, of x86-64 and arm64

    private readonly byte[] _before = new byte[256]; // a termios has 60
    private readonly Channel<TerminalItem> _sizes = Channel.CreateBounded<TerminalItem>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly CancellationTokenSource _ended = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly EventHandler _restore;

    private RawTerminal()
    {
        _restore = (_, _) => Restore();
        if (ReadMode(0, _before) is 0)
        {
            var raw = (byte[])_before.Clone();
            MakeRaw(raw);
            _ = WriteMode(0, Now, raw);
            AppDomain.CurrentDomain.ProcessExit += _restore;
            AppDomain.CurrentDomain.UnhandledException += Restore;
        }
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Measure()),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, End),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, End),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, End),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, End),
        ];
        Measure();
    }

    /// <summary>Cancelled when somebody ends this process.</summary>
    public CancellationToken Ended => _ended.Token;

    public static RawTerminal Take() => new();

    /// <summary>How large it is, and again whenever that changes.</summary>
    public async IAsyncEnumerable<TerminalItem> SizesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var size in _sizes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return size;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _restore;
        AppDomain.CurrentDomain.UnhandledException -= Restore;
        Restore();
        foreach (var signal in _signals) signal.Dispose();
        _ended.Dispose();
    }

    private void Restore() => _ = WriteMode(0, Now, _before);

    private void Restore(object sender, UnhandledExceptionEventArgs e) => Restore();

    private void End(PosixSignalContext signal)
    {
        if (_ended.IsCancellationRequested) return;
        signal.Cancel = true;
        _ended.Cancel();
    }

    private void Measure()
    {
        Span<ushort> size = stackalloc ushort[4];
        var isKnown = Control(1, WindowSize, ref size[0]) is 0 && size[0] > 0 && size[1] > 0;
        _sizes.Writer.TryWrite(isKnown ? new(size[1], size[0]) : new(80, 24));
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int ReadMode(int file, [Out] byte[] mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int WriteMode(int file, int when, byte[] mode);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] mode);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int file, nuint request, ref ushort size);
}
