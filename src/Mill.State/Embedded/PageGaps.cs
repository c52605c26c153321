using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Mill.State.Embedded;

/// <summary>
/// Zeroes the bytes of database pages that belong to no cell. When SQLite moves records between neighbouring pages, it leaves copies in the gap of the page they
/// came from, and secure_delete, which zeroes what is deleted, does not know of them: a value could outlive its deletion there.
/// </summary>
/// <remarks>
/// Writing beside SQLite is safe here and only here: the log is empty, this process is the only one that writes, and no reader looks into a gap. VACUUM would do as well,
/// but rewrites everything: seconds where this takes a tenth. Layout: https://www.sqlite.org/fileformat2.html#b_tree_pages
/// </remarks>
internal sealed class PageGaps(SafeFileHandle database)
{
    private const byte InteriorIndex = 2;
    private const byte InteriorTable = 5;
    private const byte LeafIndex = 10;
    private const byte LeafTable = 13;
    private const int FileHeader = 100; // page 1 begins with it

    private static readonly byte[] Zeros = new byte[StoreSchema.PageSize];

    private readonly byte[] _page = new byte[StoreSchema.PageSize];

    /// <summary>Clears the gaps of every page below some roots. Throws <see cref="InvalidDataException"/> at a page that is none.</summary>
    public void Clear(IEnumerable<long> roots)
    {
        var waiting = new Stack<long>(roots);
        while (waiting.TryPop(out var number))
        {
            var offset = (number - 1) * StoreSchema.PageSize;
            if (number < 1 || RandomAccess.Read(database, _page, offset) != StoreSchema.PageSize)
                throw NoPage(number);
            Clear(number, offset, waiting);
        }

        RandomAccess.FlushToDisk(database);
    }

    private void Clear(long number, long offset, Stack<long> waiting)
    {
        var header = number == 1 ? FileHeader : 0;
        var isInterior = _page[header] is InteriorIndex or InteriorTable;
        if (!isInterior && _page[header] is not (LeafIndex or LeafTable))
            throw NoPage(number);

        var cells = header + (isInterior ? 12 : 8);
        var gap = cells + (2 * Short(header + 3));
        var content = Short(header + 5);
        if (gap > content || content > StoreSchema.PageSize)
            throw NoPage(number);

        if (isInterior)
        {
            waiting.Push(Child(header + 8));
            for (var cell = cells; cell < gap; cell += 2)
                waiting.Push(Child(Short(cell) <= StoreSchema.PageSize - 4 ? Short(cell) : throw NoPage(number)));
        }

        if (_page.AsSpan(gap, content - gap).IndexOfAnyExcept((byte)0) >= 0)
            RandomAccess.Write(database, Zeros.AsSpan(0, content - gap), offset + gap);
    }

    private int Short(int at) => BinaryPrimitives.ReadUInt16BigEndian(_page.AsSpan(at));

    private long Child(int at) => BinaryPrimitives.ReadUInt32BigEndian(_page.AsSpan(at));

    private static InvalidDataException NoPage(long number) => new($"Page {number} is not a page of a table.");
}
