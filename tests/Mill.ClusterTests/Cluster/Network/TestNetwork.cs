using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Mill.ClusterTests.Cluster.Network;

/// <summary>
/// A network that exists for one test: machines with an address and a network namespace each, this process among them, and a switch between them that is a part of the test. Nothing of it has a
/// name in the system, but for one device, and the end of this process is the end of all of it.
/// </summary>
internal sealed class TestNetwork : IDisposable
{
    private const byte OwnMachine = 254;
    private const int Networks = 256;

    private readonly int _number;

    private TestNetwork(int number, SafeFileHandle device)
    {
        _number = number;
        Switch.Attach(OwnMachine, device);
    }

    public IpSwitch Switch { get; } = new();

    /// <summary>Takes the first network that no other test uses: 198.18.0.0/15 is set aside for tests (RFC 2544).</summary>
    public static TestNetwork Create()
    {
        for (var number = 0; number < Networks; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"milltest{number}");
            if (Native.TryOpenDevice(name) is not { } device) continue;
            var network = new TestNetwork(number, device);
            Ip("ip", "address", "add", $"{network.Us}/24", "dev", name);
            Ip("ip", "link", "set", name, "up");
            return network;
        }
        throw new IOException("There is no room for another test network.");
    }

    /// <summary>The address of this process.</summary>
    public IPAddress Us => AddressOf(OwnMachine);

    public IPAddress AddressOf(byte machine) => new([198, 18, (byte)_number, machine]);

    /// <summary>A machine with this number, at <see cref="AddressOf"/>.</summary>
    public Machine Add(byte number)
    {
        (SafeFileHandle Network, SafeFileHandle Device)? made = null;
        Exception? failure = null;
        // A thread that has left its network must not serve anybody else afterwards.
        var thread = new Thread(() =>
        {
            try
            {
                Native.Unshare();
                made = (Native.OpenOwnNetwork(), Native.TryOpenDevice("mill0") ?? throw new IOException("The device cannot be made."));
            }
            catch (IOException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        var (network, device) = made ?? throw failure!;
        Switch.Attach(number, device);
        var machine = new Machine(number, AddressOf(number), network);
        Ip([.. machine.Runner, "ip", "address", "add", $"{machine.Address}/24", "dev", "mill0"]);
        Ip([.. machine.Runner, "ip", "link", "set", "mill0", "up"]);
        Ip([.. machine.Runner, "ip", "link", "set", "lo", "up"]);
        return machine;
    }

    public void Dispose() => Switch.Dispose();

    private static void Ip(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{string.Join(' ', command)}: {errors}");
    }
}

/// <summary>A machine of a test network.</summary>
internal sealed class Machine(byte number, IPAddress address, SafeFileHandle network) : IDisposable
{
    public byte Number { get; } = number;

    public IPAddress Address { get; } = address;

    /// <summary>What a command begins with that runs there.</summary>
    public IReadOnlyList<string> Runner { get; } = ["nsenter", string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{Environment.ProcessId}/fd/{network.DangerousGetHandle()}"), "--"];

    public void Dispose() => network.Dispose();
}
