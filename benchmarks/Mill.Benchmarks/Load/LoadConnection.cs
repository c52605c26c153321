using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mill.Benchmarks.Load;

/// <summary>One kept-alive connection with at most one request under way. Reads of an answer only its status and where it ends.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly int _descriptor;
    private int _received;

    public LoadConnection(int port)
    {
        _socket.Connect(IPAddress.Loopback, port);
        _descriptor = (int)_socket.Handle;
    }

    public int Descriptor => _descriptor;

    public bool IsBusy { get; private set; }

    public long SentAt { get; private set; }

    /// <summary>Status of the latest answer.</summary>
    public int Status { get; private set; }

    public string AnswerText => Encoding.UTF8.GetString(_buffer.AsSpan(0, Math.Min(_received, 1024)));

    public void Send(ReadOnlySpan<byte> request, long now)
    {
        (_received, IsBusy, SentAt) = (0, true, now);
        Epoll.SendAll(_descriptor, request);
    }

    /// <summary>True once the whole answer is here. Throws <see cref="IOException"/> where the server closed the connection or speaks otherwise than expected.</summary>
    public bool Receive()
    {
        var count = Epoll.Receive(_descriptor, _buffer.AsSpan(_received));
        if (count == 0) throw new IOException("The server closed a connection.");
        _received += count;
        var answer = _buffer.AsSpan(0, _received);
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        if (!Utf8Parser.TryParse(answer[9..12], out int status, out _)) throw new IOException("The server answered with something that is not HTTP/1.1.");
        if (_received < end + 4 + LengthOf(answer[..end], status)) return false;
        (Status, IsBusy) = (status, false);
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private static int LengthOf(ReadOnlySpan<byte> head, int status)
    {
        var name = "\r\nContent-Length: "u8;
        var place = head.IndexOf(name);
        if (place >= 0 && Utf8Parser.TryParse(head[(place + name.Length)..], out int length, out _)) return length;
        return status is 204 or 304 ? 0 : throw new IOException("The server answered without a length.");
    }
}
