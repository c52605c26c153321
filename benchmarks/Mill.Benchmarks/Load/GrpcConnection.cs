using System.Buffers.Binary;
using System.Text;

namespace Mill.Benchmarks.Load;

/// <summary>
/// Just as much of HTTP/2 (RFC 9113) as one unary gRPC call after the other needs: what etcd itself is asked with, so that its figure has nothing of ours in it.
/// </summary>
internal sealed class GrpcConnection : LoadConnection
{
    private const int HeadSize = 9;
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte Ping = 6;
    private const byte GoAway = 7;
    private const byte WindowUpdate = 8;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const byte Acknowledge = 1;

    private readonly byte[] _received = new byte[64 * 1024];
    private readonly byte[] _head;
    private int _length;
    private int _stream = -1;
    private bool _hasData;

    public GrpcConnection(LoadPlan plan)
        : base(plan)
    {
        _head = HeaderBlock("/etcdserverpb.KV/Put", $"{plan.Host}:{plan.Port}");
        Epoll.SendAll(Descriptor, [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(WindowUpdate, 0, 0, [0x3f, 0, 0, 0])]);
    }

    public override string AnswerText => _hasData ? "" : "an error, in trailers";

    public override bool Receive()
    {
        var count = Epoll.Receive(Descriptor, _received.AsSpan(_length));
        if (count == 0) throw new IOException("The server closed a connection.");
        _length += count;
        var (place, isDone) = (0, false);
        while (_length - place >= HeadSize && _length - place - HeadSize >= LengthAt(place))
        {
            var length = LengthAt(place);
            isDone |= See(_received[place + 3], _received[place + 4], BinaryPrimitives.ReadInt32BigEndian(_received.AsSpan(place + 5)), _received.AsSpan(place + HeadSize, length));
            place += HeadSize + length;
        }
        _received.AsSpan(place, _length - place).CopyTo(_received);
        _length -= place;
        if (!isDone) return false;
        (Status, IsBusy) = (_hasData ? 200 : 500, false);
        return true;
    }

    /// <param name="request">A message of protocol buffers.</param>
    protected override void Write(ReadOnlySpan<byte> request)
    {
        (_stream, _hasData) = (_stream + 2, false);
        byte[] message = [0, 0, 0, (byte)(request.Length >> 8), (byte)request.Length, .. request];
        Epoll.SendAll(Descriptor, [.. Frame(Headers, EndHeaders, _stream, _head), .. Frame(Data, EndStream, _stream, message)]);
    }

    /// <summary>True where the answer to the call is complete.</summary>
    private bool See(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        if (type is GoAway) throw new IOException("The server wants no more.");
        if (type is Settings or Ping && (flags & Acknowledge) == 0) Epoll.SendAll(Descriptor, Frame(type, Acknowledge, 0, type is Ping ? payload : []));
        if (stream != _stream) return false;
        _hasData |= type is Data && payload.Length > 0;
        return type is Data or Headers && (flags & EndStream) != 0;
    }

    private int LengthAt(int place) => (_received[place] << 16) | (_received[place + 1] << 8) | _received[place + 2];

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeadSize + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(HeadSize));
        return frame;
    }

    /// <summary>HPACK (RFC 7541) without the table that changes: fields of the static one, and literals that are not kept.</summary>
    private static byte[] HeaderBlock(string path, string authority) =>
    [
        0x83, 0x86, // :method POST, :scheme http
        0x04, .. Text(path),
        0x01, .. Text(authority),
        0x0f, 0x10, .. Text("application/grpc"), // content-type
        0x00, .. Text("te"), .. Text("trailers"),
    ];

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
