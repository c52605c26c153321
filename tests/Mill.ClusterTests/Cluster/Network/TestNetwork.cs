using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Win32.SafeHandles;
using Mill.ClusterTests.Processes;

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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public byte Number { get; } = number;

    public IPAddress Address { get; } = address;

    /// <summary>What a command begins with that runs there.</summary>
    public IReadOnlyList<string> Runner { get; } = ["nsenter", string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{Environment.ProcessId}/fd/{network.DangerousGetHandle()}"), "--"];

    /// <summary>Whatever runs on its network ends at once, and with it all that was started there: servers, engines, and the containers that share it.</summary>
    public Task KillAllAsync() => Until.TrueAsync($"nothing runs at {Address}", Patience, () =>
    {
        var own = new FileInfo($"/proc/self/fd/{network.DangerousGetHandle()}").LinkTarget ?? throw new IOException("The machine has no network any more.");
        var found = Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0 && NetworkOf(id) == own).ToList();
        // What was about to start another one may have done so meanwhile.
        found.ForEach(id => Signals.Send(id, Signal.Kill));
        return Task.FromResult(found.Count is 0);
    });

    public void Dispose() => network.Dispose();

    /// <summary>Null for a process that has ended.</summary>
    private static string? NetworkOf(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/net").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
