using System.Buffers.Binary;
using System.Text;

namespace Mill.Core.Model;

/// <summary>
/// An unambiguous binary encoding of fields, for digests and associated data: each field is its length as four bytes, big-endian, then its bytes.
/// Two different lists of fields never encode alike.
/// </summary>
public ref struct Canonical(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Bytes => _buffer[.._length];

    /// <summary>Room that a field of so many bytes needs.</summary>
    public static int SizeOf(int bytes) => sizeof(int) + bytes;

    public void Add(scoped ReadOnlySpan<byte> field)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer[_length..], field.Length);
        field.CopyTo(_buffer[(_length + sizeof(int))..]);
        _length += SizeOf(field.Length);
    }

    /// <summary>A text, as UTF-8.</summary>
    public void Add(string field)
    {
        var length = Encoding.UTF8.GetBytes(field, _buffer[(_length + sizeof(int))..]);
        BinaryPrimitives.WriteInt32BigEndian(_buffer[_length..], length);
        _length += SizeOf(length);
    }

    /// <summary>A number, as eight bytes, big-endian.</summary>
    public void Add(long field)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, field);
        Add(bytes);
    }
}
