using System.Buffers.Binary;

namespace Mill.State.Embedded;

/// <summary>
/// The constant part of a database file's first 100 bytes. SQLite reads settings from there that no checksum covers: a flipped bit
/// could make a sound store read-only, or turn on page moving and let the next write destroy it.
/// </summary>
/// <remarks>https://www.sqlite.org/fileformat2.html#the_database_header</remarks>
internal static class DatabaseHeader
{
    private const int Length = 100;

    /// <summary>Null if the header is as it should be, else what is wrong. Must run before SQLite has the file open: closing it would drop SQLite's locks.</summary>
    public static string? Examine(string path)
    {
        Span<byte> header = stackalloc byte[Length];
        using (var file = File.OpenHandle(path))
        {
            var size = RandomAccess.GetLength(file);
            if (size == 0)
                return "the file is empty.";

            // Only the first page must be whole: a copy of the log that met a full disk may have left half a page at the end, which the log still holds.
            if (size < StoreSchema.PageSize || RandomAccess.Read(file, header, fileOffset: 0) != Length)
                return $"only {size} bytes of the file are left.";
        }

        return IsIntact(header) ? null : "its header is not one that this version of mill writes.";
    }

    private static bool IsIntact(ReadOnlySpan<byte> header)
        => header[..16].SequenceEqual("SQLite format 3\0"u8)
            && BinaryPrimitives.ReadUInt16BigEndian(header[16..]) == StoreSchema.PageSize
            && header[18..24].SequenceEqual((ReadOnlySpan<byte>)[2, 2, 0, 64, 32, 32]) // WAL to write, WAL to read, nothing reserved, the fixed fractions
            && Field(header, 44) == 4 // schema format
            && Field(header, 48) == 0 // suggested cache size
            && Field(header, 52) == 0 // largest root page: no auto-vacuum
            && Field(header, 56) == 1 // UTF-8
            && Field(header, 60) == StoreSchema.Format
            && Field(header, 64) == 0 // no incremental vacuum
            && Field(header, 68) == StoreSchema.ApplicationId
            && header[72..92].IndexOfAnyExcept((byte)0) < 0;

    private static uint Field(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadUInt32BigEndian(header[offset..]);
}
