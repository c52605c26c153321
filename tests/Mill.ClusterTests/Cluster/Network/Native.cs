using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mill.ClusterTests.Cluster.Network;

/// <summary>The calls of Linux that .NET has no word for: network namespaces, and network devices that are ours to read and write.</summary>
internal static partial class Native
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const int ReadWriteCloseOnExec = 0x80002; // O_RDWR | O_CLOEXEC
    private const int ReadCloseOnExec = 0x80000;
    private const nuint SetInterface = 0x400454ca; // TUNSETIFF
    private const short TunWithoutHeader = 0x1001; // IFF_TUN | IFF_NO_PI
    private const int InterfaceRequest = 40; // sizeof(struct ifreq)
    private const int NameLength = 16;
    private const short Readable = 1; // POLLIN

    /// <summary>Puts the calling thread, and nothing else, into a network of its own.</summary>
    public static void Unshare() => Demand(NativeUnshare(NewNetwork), "unshare");

    /// <summary>The network of the calling thread. It lives while this is open.</summary>
    public static SafeFileHandle OpenOwnNetwork() => Open("/proc/thread-self/ns/net", ReadCloseOnExec);

    /// <summary>Makes a device in the network of the calling thread. Null where the name is taken. It is gone when this is closed.</summary>
    public static unsafe SafeFileHandle? TryOpenDevice(string name)
    {
        var device = Open("/dev/net/tun", ReadWriteCloseOnExec);
        var request = stackalloc byte[InterfaceRequest];
        new Span<byte>(request, InterfaceRequest).Clear();
        System.Text.Encoding.ASCII.GetBytes(name, new Span<byte>(request, NameLength - 1));
        *(short*)(request + NameLength) = TunWithoutHeader;
        if (NativeControl(device, SetInterface, request) == 0) return device;
        device.Dispose();
        return null;
    }

    public static unsafe bool WaitForInput(SafeFileHandle device, TimeSpan patience)
    {
        var query = new PollQuery { Descriptor = (int)device.DangerousGetHandle(), Events = Readable };
        return NativePoll(&query, 1, (int)patience.TotalMilliseconds) > 0 && (query.Returned & Readable) != 0;
    }

    /// <summary>One packet; zero where there is none after all.</summary>
    public static unsafe int Read(SafeFileHandle device, Span<byte> into)
    {
        fixed (byte* start = into) return (int)Math.Max(0, NativeRead(device, start, (nuint)into.Length));
    }

    /// <summary>One packet. What the device does not take is lost, as on any network.</summary>
    public static unsafe void Write(SafeFileHandle device, ReadOnlySpan<byte> packet)
    {
        fixed (byte* start = packet) NativeWrite(device, start, (nuint)packet.Length);
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var descriptor = NativeOpen(path, flags);
        Demand(descriptor, path);
        return new(descriptor, ownsHandle: true);
    }

    private static void Demand(int result, string what)
    {
        if (result < 0) throw new IOException($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollQuery
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int NativeUnshare(int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int NativeControl(SafeFileHandle file, nuint request, byte* argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int NativePoll(PollQuery* queries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint NativeRead(SafeFileHandle file, byte* into, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint NativeWrite(SafeFileHandle file, byte* from, nuint count);
}
