using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mill.Benchmarks.Load;

/// <summary>Waits for many sockets on one thread (epoll(7)), and reads and writes them with nothing in between.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int NoSignal = 0x4000;
    private const int Interrupted = 4;

    private readonly int _descriptor = Demand(Create(0));
    private readonly Event[] _events;

    public Epoll(int capacity) => _events = new Event[capacity];

    public void Watch(int socket, int index)
    {
        var what = new Event { Events = Readable, Data = (ulong)index };
        Demand(Control(_descriptor, Add, socket, &what));
    }

    /// <summary>How many sockets have something to read; <see cref="At"/> tells which.</summary>
    public int Wait(int milliseconds)
    {
        fixed (Event* events = _events)
        {
            var count = Wait(_descriptor, events, _events.Length, milliseconds);
            return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Demand(count);
        }
    }

    public int At(int position) => (int)_events[position].Data;

    /// <summary>What is there now; zero at the end of the connection.</summary>
    public static int Receive(int socket, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return Demand((int)Receive(socket, start, (nuint)buffer.Length, 0));
    }

    /// <summary>Everything; waits where the socket is full.</summary>
    public static void SendAll(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var sent = 0; sent < bytes.Length;) sent += Demand((int)Send(socket, start + sent, (nuint)(bytes.Length - sent), NoSignal));
        }
    }

    public void Dispose() => _ = Close(_descriptor);

    private static int Demand(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int socket, Event* what);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, Event* events, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    /// <summary>As x86-64 lays it out: without the gap that other machines have before the data.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Event
    {
        public uint Events;
        public ulong Data;
    }
}
