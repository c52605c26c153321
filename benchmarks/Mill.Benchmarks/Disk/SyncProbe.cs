using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mill.Benchmarks.Disk;

/// <summary>The limit that writes are held against: how often a second this disk makes an appended 4 KiB block durable, for one thread that does nothing else.</summary>
internal static unsafe partial class SyncProbe
{
    private const int BlockSize = 4096;

    public static double PerSecond(string directory, TimeSpan duration)
    {
        var path = Path.Combine(directory, "fdatasync.probe");
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
            var block = new byte[BlockSize];
            new Random(1).NextBytes(block);
            var (count, start) = (0L, Stopwatch.GetTimestamp());
            for (; Stopwatch.GetElapsedTime(start) < duration; count++) Append(file, block);
            return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Append(SafeFileHandle file, byte[] block)
    {
        fixed (byte* start = block)
        {
            if (Write(file, start, BlockSize) != BlockSize || Sync(file) != 0) throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte* bytes, nuint length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
