using System.Runtime.InteropServices;

namespace Mill.State.Leadership;

/// <summary>
/// The system's clock, but for timestamps: those are of CLOCK_BOOTTIME, which goes on while the machine sleeps (clock_gettime(2)). A leader that was frozen
/// with its machine must not believe afterwards that its lease is still valid.
/// </summary>
public sealed partial class BootClock : TimeProvider
{
    private const int BootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private BootClock()
    {
    }

    public static BootClock Instance { get; } = new();

    public override long TimestampFrequency => NanosecondsPerSecond;

    public override long GetTimestamp()
    {
        _ = ReadClock(BootTime, out var time);
        return (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ReadClock(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
