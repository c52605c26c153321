using Microsoft.Win32.SafeHandles;

namespace Mill.ClusterTests.Cluster.Network;

/// <summary>
/// Carries the packets between the machines of one test, or does not: any direction between any two can be cut, slow or lossy, and TCP above it behaves as it does on a real network.
/// A machine is known by the last byte of its IPv4 address.
/// </summary>
internal sealed class IpSwitch : IDisposable
{
    private const int Machines = 256;
    private const int LargestPacket = 65_536;
    private const int HeaderLength = 20;
    private const int SourceEnd = 15; // of an IPv4 header: the last byte of the source's address
    private const int TargetEnd = 19;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly SafeFileHandle?[] _devices = new SafeFileHandle?[Machines];
    private readonly Link?[,] _links = new Link?[Machines, Machines];
    private readonly List<Thread> _threads = [];
    private readonly PriorityQueue<Delayed, long> _delayed = new();
    private readonly TimeProvider _time = TimeProvider.System;
    private volatile bool _stopped;

    public IpSwitch() => Run(CarryDelayed);

    /// <summary>From here on the switch owns the device.</summary>
    public void Attach(byte machine, SafeFileHandle device)
    {
        _devices[machine] = device;
        Run(() => Carry(device, new Random(machine)));
    }

    /// <summary>What becomes of the packets that one machine sends to another. Both ways need two calls.</summary>
    public void Set(byte from, byte to, Link link) => _links[from, to] = link;

    public void Dispose()
    {
        _stopped = true;
        lock (_delayed) Monitor.PulseAll(_delayed);
        _threads.ForEach(thread => thread.Join());
        foreach (var device in _devices) device?.Dispose();
    }

    private void Run(ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Carry(SafeFileHandle device, Random random)
    {
        var buffer = new byte[LargestPacket];
        while (!_stopped)
        {
            if (!Native.WaitForInput(device, LookEvery)) continue;
            var packet = buffer.AsSpan(0, Native.Read(device, buffer));
            if (packet.Length < HeaderLength || packet[0] >> 4 != 4) continue;
            var link = _links[packet[SourceEnd], packet[TargetEnd]] ?? Link.Good;
            if (_devices[packet[TargetEnd]] is not { } target || (link.Loss > 0 && random.NextDouble() < link.Loss)) continue;
            if (link.Delay + link.Jitter == TimeSpan.Zero) Native.Write(target, packet);
            else Delay(new(target, packet.ToArray()), link.Delay + (link.Jitter * random.NextDouble()));
        }
    }

    private void Delay(Delayed packet, TimeSpan by)
    {
        lock (_delayed)
        {
            _delayed.Enqueue(packet, _time.GetTimestamp() + (long)(by.TotalSeconds * _time.TimestampFrequency));
            Monitor.Pulse(_delayed);
        }
    }

    private void CarryDelayed()
    {
        while (!_stopped)
        {
            if (NextDue() is { } due) Native.Write(due.Target, due.Packet);
        }
    }

    /// <summary>Null where there was none for a while.</summary>
    private Delayed? NextDue()
    {
        lock (_delayed)
        {
            var wait = LookEvery;
            if (_delayed.TryPeek(out _, out var due))
            {
                var left = TimeSpan.FromSeconds((double)(due - _time.GetTimestamp()) / _time.TimestampFrequency);
                if (left <= TimeSpan.Zero) return _delayed.Dequeue();
                wait = left < LookEvery ? left + TimeSpan.FromMilliseconds(1) : LookEvery;
            }
            if (!_stopped) Monitor.Wait(_delayed, wait);
            return null;
        }
    }

    private sealed record Delayed(SafeFileHandle Target, byte[] Packet);
}
