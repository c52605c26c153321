using Mill.ClusterTests.Crashes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Damage;

/// <summary>Whatever a disk does to the files: the next start serves exactly what was written, or says which file is damaged and what to do.</summary>
public sealed class DamagedFilesTests(DamagedStore store, Announcements announcements) : IClassFixture<DamagedStore>, IClassFixture<Announcements>
{
    private const string Served = "served everything";
    private const string Refused = "refused";

    /// <summary>A server that starts keeps one core busy.</summary>
    private static readonly ParallelOptions SideBySide = new() { MaxDegreeOfParallelism = 2 };

    private readonly Tally _tally = new();

    [Theory]
    [InlineData("mill.db", 32)]
    [InlineData("mill.db-wal", 32)]
    [InlineData("mill.db-shm", 4)]
    [InlineData("anchor", 12)]
    [InlineData("lock", 3)]
    [InlineData("dev.token", 8)]
    public async Task A_flipped_bit_is_found_or_does_not_matter(string file, int flips)
    {
        var random = new Random(flips);
        var intact = await File.ReadAllBytesAsync(store.Intact.DataFile(file));
        // A quarter of them where a file's own description is.
        var places = Enumerable.Range(0, flips).Select(i => (Position: random.Next(i % 4 == 0 ? Math.Min(intact.Length, 100) : intact.Length), Mask: (byte)(1 << random.Next(8)))).ToList();
        await Parallel.ForEachAsync(places, SideBySide, async (place, _) =>
        {
            var damaged = intact.ToArray();
            damaged[place.Position] ^= place.Mask;
            await TryAsync(file, damaged, $"byte {place.Position} of {file} flipped from {intact[place.Position]} to {damaged[place.Position]}");
        });
        announcements.Say($"Flips in {file}: {_tally}");
        if (file is "mill.db" or "mill.db-wal" or "anchor") Assert.True(_tally[Refused] > flips / 4, $"{_tally}: the test does not reach the data.");
        else Assert.Equal(flips, _tally[Served]);
    }

    [Theory]
    [InlineData("mill.db")]
    [InlineData("mill.db-wal")]
    [InlineData("mill.db-shm")]
    [InlineData("anchor")]
    [InlineData("lock")]
    [InlineData("dev.token")]
    public async Task A_file_cut_short_is_found_or_does_not_matter(string file)
    {
        var intact = await File.ReadAllBytesAsync(store.Intact.DataFile(file));
        int[] lengths = [0, 1, 20, 32, 100, 8192, 8216, intact.Length / 2, intact.Length - 8192, intact.Length - 1];
        await Parallel.ForEachAsync(lengths.Where(length => length >= 0 && length < intact.Length).Distinct(), SideBySide, async (length, _) =>
            await TryAsync(file, intact[..length], $"{file} cut to {length} bytes"));
        announcements.Say($"Cuts of {file}: {_tally}");
    }

    [Theory]
    [InlineData("mill.db", Refused)]
    [InlineData("mill.db-wal", Refused)]
    [InlineData("mill.db-shm", Served)]
    [InlineData("anchor", Served)]
    [InlineData("lock", Served)]
    [InlineData("dev.token", Served)]
    public async Task A_file_that_is_gone_is_noticed_where_it_matters(string file, string ending)
    {
        await TryAsync(file, damaged: null, $"{file} removed");
        Assert.Equal(1, _tally[ending]);
    }

    private async Task TryAsync(string file, byte[]? damaged, string what)
    {
        using var sandbox = store.Intact.Copy();
        File.Delete(sandbox.DataFile(file));
        if (damaged is not null) await File.WriteAllBytesAsync(sandbox.DataFile(file), damaged);
        try
        {
            await using var server = await MillServer.StartAsync(sandbox);
            await StoreComparison.AllAsync(server.Api, store.Expected);
            Manners.RequireNoTrace(server.Process.Errors);
            _tally.Count(Served);
        }
        catch (MillDidNotStartException refusal)
        {
            Manners.Require(refusal, ExitCode.Damaged, sandbox.Data);
            _tally.Count(Refused);
        }
        catch (Exception e)
        {
            announcements.Say($"After this: {what}, it failed: {e.Message}");
            throw;
        }
    }
}
