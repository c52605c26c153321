using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>
/// The ports of this node that containers get: above those of well-known services, and below those that Linux gives outgoing connections (ip_local_port_range). None is given twice, and none that somebody else listens on.
/// Each agent begins at another place, as several may share a machine.
/// </summary>
internal sealed class PortPool
{
    public const int First = 20000;
    public const int Last = 32767;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];
    private int _next = RandomNumberGenerator.GetInt32(First, Last + 1);

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

    /// <summary>Whether nobody listens on it.</summary>
    public static bool IsFree(int port)
    {
        var isBoth = Socket.OSSupportsIPv6;
        using var socket = new Socket(isBoth ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (isBoth) socket.DualMode = true;
        try
        {
            socket.Bind(new IPEndPoint(isBoth ? IPAddress.IPv6Any : IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
