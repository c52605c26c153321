using System.Net;
using System.Net.Sockets;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>The ports of this node that containers get: those that no program is told to use (RFC 6335, 6). None is given twice, and none that somebody else listens on.</summary>
internal sealed class PortPool
{
    public const int First = 49152;
    public const int Last = 65535;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];
    private int _next = First;

    /// <summary>Throws <see cref="MillError.NoRoom"/> where none is left.</summary>
    public int Take()
    {
        lock (_lock)
        {
            for (var tries = First; tries <= Last; tries++)
            {
                // Round and round: a port that was given back rests, as connections to it may linger.
                var port = _next;
                _next = port == Last ? First : port + 1;
                if (_taken.Contains(port) || !IsFree(port)) continue;
                _taken.Add(port);
                return port;
            }
        }
        throw new MillException(MillError.NoRoom, "No port of the node is left.");
    }

    /// <summary>A container that was there already has it.</summary>
    public void Reserve(int port)
    {
        lock (_lock) _taken.Add(port);
    }

    public void Return(int port)
    {
        lock (_lock) _taken.Remove(port);
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
