using System.Buffers.Text;
using System.Text;

namespace Mill.Benchmarks.Load;

/// <summary>HTTP/1.1. Reads of an answer only its status and where it ends.</summary>
internal class HttpConnection(LoadPlan plan) : LoadConnection(plan)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _received;

    public override string AnswerText => Encoding.UTF8.GetString(_buffer.AsSpan(0, Math.Min(_received, 1024)));

    public override bool Receive()
    {
        var count = Read(_buffer.AsSpan(_received));
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

    protected override void Write(ReadOnlySpan<byte> request)
    {
        _received = 0;
        Epoll.SendAll(Descriptor, request);
    }

    protected void Forget() => _received = 0;

    protected virtual int Read(Span<byte> buffer) => Epoll.Receive(Descriptor, buffer);

    private static int LengthOf(ReadOnlySpan<byte> head, int status)
    {
        var name = "\r\nContent-Length: "u8;
        var place = head.IndexOf(name);
        if (place >= 0 && Utf8Parser.TryParse(head[(place + name.Length)..], out int length, out _)) return length;
        return status is 204 or 304 ? 0 : throw new IOException("The server answered without a length.");
    }
}
