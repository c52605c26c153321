using System.Buffers.Binary;
using Google.Protobuf;

namespace Mill.State.Etcd;

/// <summary>
/// A message as gRPC sends it: a byte that says whether it is compressed (ours never are), its length as four bytes, big-endian, and the message.
/// See https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
/// </summary>
internal static class GrpcMessage
{
    public const int HeadSize = 5;

    public static byte[] Write(IMessage message)
    {
        var length = message.CalculateSize();
        var bytes = new byte[HeadSize + length];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), length);
        message.WriteTo(bytes.AsSpan(HeadSize));
        return bytes;
    }

    /// <summary>How long the message is that begins here, its head left out; null where not even the head is there.</summary>
    public static int? LengthAt(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadSize) return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
        return bytes[0] == 0 && length >= 0 ? length : throw new IOException("A message is compressed, or its length is not one.");
    }

    /// <summary>The one message of a reply that has no more than that.</summary>
    public static T ReadSingle<T>(ReadOnlySpan<byte> bytes, MessageParser<T> form)
        where T : IMessage<T> =>
        LengthAt(bytes) is { } length && length <= bytes.Length - HeadSize
            ? form.ParseFrom(bytes.Slice(HeadSize, length))
            : throw new IOException("The reply is not whole.");
}
