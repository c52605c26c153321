using System.Buffers.Binary;
using System.Text;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.State.Embedded.Sqlite;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

/// <summary>Whatever a disk does to the files, the store opens with exactly what was written or says StorageDamaged.</summary>
public sealed class StorageDamageTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("mill.db", 1)]
    [InlineData("mill.db-wal", 2)]
    [InlineData("anchor", 3)]
    public async Task A_flipped_bit_is_found_or_does_not_matter(string file, int seed)
    {
        var (files, content) = await ACrashedStore();
        using var crashed = files;
        var intact = TestDirectory.ReadShared(crashed.File(file));
        var found = 0;
        foreach (var position in Positions(intact.Length, seed))
        {
            var damaged = intact.ToArray();
            damaged[position] ^= (byte)(1 << (position % 8));
            found += await IsFound(crashed, file, damaged, content, $"bit {position % 8} of byte {position} of {file}") ? 1 : 0;
        }

        Assert.True(found > (file == "mill.db-wal" ? 20 : 50), $"Only {found} flips in {file} were noticed: the test does not reach the data.");
    }

    [Theory]
    [InlineData("mill.db")]
    [InlineData("mill.db-wal")]
    [InlineData("anchor")]
    public async Task A_file_cut_short_is_found_or_does_not_matter(string file)
    {
        var (files, content) = await ACrashedStore();
        using var crashed = files;
        var intact = TestDirectory.ReadShared(crashed.File(file));
        int[] lengths = [0, 1, 31, 32, 50, 99, 100, 512, 4096, 8192, 8216, 16384, intact.Length / 2, intact.Length / 8192 * 8192 / 2, intact.Length - 8192, intact.Length - 1];
        foreach (var length in lengths.Where(length => length >= 0 && length < intact.Length).Distinct())
            await IsFound(crashed, file, intact[..length], content, $"{file} cut to {length} bytes");
    }

    [Theory]
    [InlineData("mill.db")]
    [InlineData("mill.db-wal")]
    [InlineData("anchor")]
    public async Task A_page_of_zeros_is_found_or_does_not_matter(string file)
    {
        var (files, content) = await ACrashedStore();
        using var crashed = files;
        var intact = TestDirectory.ReadShared(crashed.File(file));
        for (var start = 0; start < intact.Length; start += 8192)
        {
            var damaged = intact.ToArray();
            damaged.AsSpan(start, Math.Min(8192, intact.Length - start)).Clear();
            await IsFound(crashed, file, damaged, content, $"zeros from {start} of {file}");
        }
    }

    [Fact]
    public async Task A_database_that_vanished_is_never_taken_for_a_new_one()
    {
        var (files, _) = await ACrashedStore();
        using var crashed = files;
        File.Delete(crashed.File("mill.db"));
        RequireDamage(crashed, "mill.db");
        File.Delete(crashed.File("mill.db-wal"));
        RequireDamage(crashed, "mill.db");
        await File.WriteAllBytesAsync(crashed.File("mill.db"), []);
        RequireDamage(crashed, "mill.db");
    }

    [Fact]
    public async Task Lost_commits_are_noticed_and_an_older_copy_is_accepted_once_its_anchor_is_removed()
    {
        var (files, content) = await ACrashedStore();
        using var crashed = files;
        File.Delete(crashed.File("mill.db-wal"));
        for (var attempt = 0; attempt < 2; attempt++) // looking at it changes nothing
        {
            var lost = RequireDamage(crashed, "mill.db");
            Assert.Contains("lost commits", lost.Message, StringComparison.Ordinal);
            Assert.Contains(crashed.File("anchor"), lost.Hint, StringComparison.Ordinal);
        }

        File.Delete(crashed.File("anchor"));
        await using var older = EmbeddedStateStore.Open(crashed.Path);
        Assert.True(await older.GetRevisionAsync(None) < content.Revision);
    }

    [Theory]
    [InlineData("an entry leads to another row")]
    [InlineData("an entry leads to no row")]
    [InlineData("two entries lead to each other's rows")]
    [InlineData("two entries stand in each other's places")]
    [InlineData("a key has another letter")]
    public async Task A_damaged_index_is_found_although_its_pages_hang_together(string damage)
    {
        await using (var store = EmbeddedStateStore.Open(_directory.Path))
            await store.CommitAsync(new([], [.. Enumerable.Range(0, 400).Select(i => new StoreWrite($"/mill/{i:D3}", Encoding.UTF8.GetBytes($"value {i}")))]), None);

        var database = await File.ReadAllBytesAsync(_directory.File("mill.db"));
        Damage(LeafOfIndex(database, "/mill/300"u8), damage);
        await File.WriteAllBytesAsync(_directory.File("mill.db"), database);
        using (var connection = SqliteConnection.Open(_directory.File("mill.db")))
            Assert.Null(StoreSchema.FindBrokenPage(connection));
        RequireDamage(_directory, "mill.db");
    }

    /// <summary>The page of the index that holds a key: https://www.sqlite.org/fileformat2.html#b_tree_pages</summary>
    private static Span<byte> LeafOfIndex(byte[] database, ReadOnlySpan<byte> key)
    {
        const byte LeafIndex = 10;
        for (var start = 0; start < database.Length; start += StoreSchema.PageSize)
        {
            var page = database.AsSpan(start, StoreSchema.PageSize);
            if (page[0] == LeafIndex && page.IndexOf(key) >= 0)
                return page;
        }

        throw new InvalidOperationException("no page of the index holds this key");
    }

    private static void Damage(Span<byte> leaf, string damage)
    {
        const int Pointers = 8; // to the cells, in the order of their keys
        const int KeyAt = 4; // in a cell, after the length of its content, the length of its header, and a type each for the key and the id
        var pointers = leaf[Pointers..];
        var one = leaf[BinaryPrimitives.ReadUInt16BigEndian(pointers)..];
        var other = leaf[BinaryPrimitives.ReadUInt16BigEndian(pointers[2..])..];
        var keyLength = "/mill/000".Length;
        Assert.Equal("/mill/"u8, one[KeyAt..(KeyAt + 6)]);
        Assert.Equal("/mill/"u8, other[KeyAt..(KeyAt + 6)]);
        Assert.Equal(one[..KeyAt], other[..KeyAt]);
        var id = one.Slice(KeyAt + keyLength, 2);
        var otherId = other.Slice(KeyAt + keyLength, 2);
        switch (damage)
        {
            case "an entry leads to another row":
                otherId.CopyTo(id);
                break;
            case "an entry leads to no row":
                id[0] = 0x70;
                break;
            case "two entries lead to each other's rows":
                Swap(id, otherId);
                break;
            case "two entries stand in each other's places":
                Swap(pointers[..2], pointers[2..4]);
                break;
            default:
                one[KeyAt + keyLength - 1] = (byte)'!'; // sorts before all the digits
                break;
        }
    }

    private static void Swap(Span<byte> one, Span<byte> other)
    {
        var kept = one.ToArray();
        other.CopyTo(one);
        kept.CopyTo(other);
    }

    /// <summary>A store with pages in the database and commits in the log, as a crash leaves it.</summary>
    private async Task<(TestDirectory Files, StoreSnapshot Content)> ACrashedStore()
    {
        var random = new Random(42);
        await using var store = EmbeddedStateStore.Open(_directory.Path, new EmbeddedOptions { CheckpointPages = 60 });
        for (var i = 0; i < 40; i++)
        {
            var key = $"/mill/v1/secrets/default/NAME_{random.Next(1000)}/{i}";
            var value = string.Concat(Enumerable.Range(0, random.Next(200)).Select(n => $"{i}.{n},"));
            await store.CommitAsync(new([], [new(key, Encoding.UTF8.GetBytes(value)), new($"/big/{i % 3}", Encoding.UTF8.GetBytes(new string((char)('a' + i % 26), 9_000)))]), None);
            if (i % 5 == 0)
                await store.CommitAsync(new([], [new(key, null)]), None); // leaves free space and free pages
        }

        // Small ones at the end, so that the log holds something whenever the last checkpoint was.
        for (var i = 0; i < 3; i++) await store.CommitAsync(new([], [new($"/last/{i}", Encoding.UTF8.GetBytes("small"))]), None);
        Assert.True(new FileInfo(_directory.File("mill.db-wal")).Length > 0);
        return (_directory.Copy(), await store.ReadAsync("", None));
    }

    private static IEnumerable<int> Positions(int length, int seed)
    {
        var random = new Random(seed);
        var positions = Enumerable.Range(0, Math.Min(length, 112)).ToList(); // a database's header, a log's header and its first frame's
        for (var page = 0; page < length; page += StoreSchema.PageSize)
            positions.AddRange([page + random.Next(12), page + random.Next(64), page + random.Next(StoreSchema.PageSize), page + random.Next(StoreSchema.PageSize)]);
        return positions.Where(position => position < length).Distinct();
    }

    private static async Task<bool> IsFound(TestDirectory crashed, string file, byte[] damaged, StoreSnapshot content, string what)
    {
        using var copy = crashed.Copy();
        await File.WriteAllBytesAsync(copy.File(file), damaged);
        try
        {
            await using var store = EmbeddedStateStore.Open(copy.Path);
            RequireSame(content, await store.ReadAsync("", None), what);
            foreach (var entry in content.Entries) Assert.True((await store.FindAsync(entry.Key, None))?.Revision == entry.Revision, what);
            return false;
        }
        catch (MillException failure)
        {
            Assert.True(failure.Error == MillError.StorageDamaged, $"{what}: {failure}");
            Assert.Contains(copy.Path, failure.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static void RequireSame(StoreSnapshot expected, StoreSnapshot found, string what)
    {
        Assert.True(expected.Revision == found.Revision && expected.Entries.Count == found.Entries.Count, what);
        foreach (var (one, other) in expected.Entries.Zip(found.Entries))
            Assert.True(one.Key == other.Key && one.Revision == other.Revision && one.Value.Span.SequenceEqual(other.Value.Span), what);
    }

    private static MillException RequireDamage(TestDirectory directory, string file)
    {
        var failure = Assert.Throws<MillException>(() => EmbeddedStateStore.Open(directory.Path));
        Assert.Equal(MillError.StorageDamaged, failure.Error);
        Assert.Contains(directory.File(file), failure.Message, StringComparison.Ordinal);
        return failure;
    }
}
