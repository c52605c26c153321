using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mill.State.Embedded;

/// <summary>
/// The first 16 bytes of SHA-256 over a record, each part with its length before it. It finds what a disk did, not what an attacker did:
/// whoever can write the files can write checksums too, and values are authenticated by the vault.
/// </summary>
internal static class RowChecksum
{
    private const int Framing = sizeof(int) + sizeof(long) + sizeof(int);
    private const int OnStack = 2048;

    public static UInt128 Of(ReadOnlySpan<byte> key, long revision, ReadOnlySpan<byte> value)
    {
        // One call over one buffer: for records of a kilobyte, feeding the parts one by one costs more than copying them.
        var length = Framing + key.Length + value.Length;
        if (length <= OnStack)
            return Hash(stackalloc byte[OnStack], key, revision, value);

        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return Hash(rented, key, revision, value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static UInt128 Hash(Span<byte> buffer, ReadOnlySpan<byte> key, long revision, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer, key.Length);
        key.CopyTo(buffer[4..]);
        var rest = buffer[(4 + key.Length)..];
        BinaryPrimitives.WriteInt64LittleEndian(rest, revision);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], value.Length);
        value.CopyTo(rest[12..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer[..(Framing + key.Length + value.Length)], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
