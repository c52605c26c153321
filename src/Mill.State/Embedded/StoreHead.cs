using System.Buffers.Binary;

namespace Mill.State.Embedded;

/// <summary>The store in one line: its revision, and what its records add up to.</summary>
/// <param name="Revision">The latest commit.</param>
/// <param name="Count">How many records there are.</param>
/// <param name="Digest">All row checksums, XORed: a commit changes it without reading the other rows.</param>
internal readonly record struct StoreHead(long Revision, long Count, UInt128 Digest)
{
    /// <summary>Without a checksum of its own, a flipped bit in the revision would pass for a commit.</summary>
    public UInt128 Checksum
    {
        get
        {
            Span<byte> value = stackalloc byte[24];
            BinaryPrimitives.WriteInt64LittleEndian(value, Count);
            BinaryPrimitives.WriteUInt128LittleEndian(value[8..], Digest);
            return RowChecksum.Of("store"u8, Revision, value);
        }
    }

    public StoreHead With(UInt128 checksum) => this with { Count = Count + 1, Digest = Digest ^ checksum };

    public StoreHead Without(UInt128 checksum) => this with { Count = Count - 1, Digest = Digest ^ checksum };
}
