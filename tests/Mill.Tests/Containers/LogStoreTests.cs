using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Logs;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class LogStoreTests : IDisposable
{
    private static readonly Timestamp Created = new(1_700_000_000_000_000);

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-logs-").FullName;
    private readonly ManualTime _time = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Lines_come_back_in_order_with_their_stream_and_the_last_ones_only_where_that_is_asked()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, "one");
        file.Add(At(2), true, "two ünd");
        file.Add(At(3), false, "");

        Assert.Equal([new(At(1), "stdout", "one"), new(At(2), "stderr", "two ünd"), new(At(3), "stdout", "")], await ReadAsync(store, "web-1"));
        Assert.Equal([new(At(3), "stdout", "")], await ReadAsync(store, "web-1", 1));
        Assert.Empty(await ReadAsync(store, "web-1", 0));
    }

    [Theory]
    [InlineData("web-2")]
    [InlineData("../web-1")]
    [InlineData("")]
    public async Task Of_what_is_not_there_nothing_is_found(string id)
    {
        using var store = new LogStore(_directory, _time);
        store.Open("web-1", Created).Add(At(1), false, "one");
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => ReadAsync(store, id))).Error);
    }

    [Fact]
    public async Task Whoever_follows_gets_what_comes_until_the_end()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, "one");
        file.Add(At(2), false, "two");
        await using var lines = store.ReadAsync("web-1", 1, follow: true, default).GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("two", lines.Current.Text);
        var next = lines.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        file.Add(At(3), false, "three");
        Assert.True(await next);
        Assert.Equal("three", lines.Current.Text);
        next = lines.MoveNextAsync().AsTask();
        store.End("web-1");
        Assert.False(await next);
        Assert.Equal(3, (await ReadAsync(store, "web-1")).Count);
    }

    [Fact]
    public async Task The_next_agent_goes_on_behind_the_last_whole_line()
    {
        using (var store = new LogStore(_directory, _time))
        {
            var file = store.Open("web-1", Created);
            file.Add(At(1), false, "one");
            file.Add(At(2), false, "two");
            file.Add(At(2), false, "two again");
        }
        var path = Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(path, "12345 o half of a li");

        using var later = new LogStore(_directory, _time);
        var again = later.Open("web-1", Created);
        Assert.Equal((At(2), 2), again.Last);
        again.Add(At(3), false, "three");
        Assert.Equal(["one", "two", "two again", "three"], (await ReadAsync(later, "web-1")).Select(line => line.Text));
    }

    [Fact]
    public async Task An_id_that_comes_again_has_a_log_of_its_own()
    {
        using var store = new LogStore(_directory, _time);
        store.Open("web-1", Created).Add(At(1), false, "before");
        store.Open("web-1", Created + TimeSpan.FromHours(1)).Add(At(2), false, "after");
        Assert.Equal(["after"], (await ReadAsync(store, "web-1")).Select(line => line.Text));
        store.Sweep(new HashSet<string>());
        Assert.Equal(["after"], (await ReadAsync(store, "web-1")).Select(line => line.Text));
    }

    [Fact]
    public async Task A_day_after_its_end_it_is_gone_and_not_before()
    {
        using var store = new LogStore(_directory, _time);
        store.Open("web-1", Created).Add(At(1), false, "one");
        store.Open("web-2", Created).Add(At(1), false, "one");
        store.End("web-1");
        var running = new HashSet<string> { "web-2" };
        _time.Advance(LogStore.Kept);
        store.Sweep(running);
        Assert.Single(await ReadAsync(store, "web-1"));
        _time.Advance(TimeSpan.FromSeconds(1));
        store.Sweep(running);
        await Assert.ThrowsAsync<MillException>(() => ReadAsync(store, "web-1"));
        Assert.Single(await ReadAsync(store, "web-2"));
    }

    [Fact]
    public async Task What_an_agent_left_of_an_allocation_that_ended_without_it_counts_from_then()
    {
        using (var store = new LogStore(_directory, _time)) store.Open("web-1", Created).Add(At(1), false, "one");
        using var later = new LogStore(_directory, _time);
        later.Sweep(new HashSet<string>());
        Assert.Single(await ReadAsync(later, "web-1"));
        _time.Advance(LogStore.Kept + TimeSpan.FromSeconds(1));
        later.Sweep(new HashSet<string>());
        await Assert.ThrowsAsync<MillException>(() => ReadAsync(later, "web-1"));
    }

    [Fact]
    public async Task Where_there_is_no_room_the_oldest_files_go_and_a_flood_does_not_take_what_another_writes()
    {
        const long Room = 10 << 20;
        using var store = new LogStore(_directory, _time, Room);
        store.Open("quiet-1", Created).Add(At(1), false, "heard");
        var flood = store.Open("flood-2", Created);
        var line = new string('x', 1000);
        for (var i = 0; i < 40_000; i++)
        {
            flood.Add(At(i), false, line);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 1, Room + (2 * LogSegments.Full));
        Assert.Equal("heard", Assert.Single(await ReadAsync(store, "quiet-1")).Text);
        Assert.Equal(At(39_999), (await ReadAsync(store, "flood-2", 10))[^1].At);
    }

    [Fact]
    public async Task More_than_a_disk_should_take_is_left_out_and_that_is_said()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("flood-1", Created);
        var line = new string('x', 10_000);
        for (var i = 0; i < 2_000; i++) file.Add(At(i), false, line);
        _time.Advance(TimeSpan.FromSeconds(10));
        file.Add(At(2_000), false, "and now");

        var lines = await ReadAsync(store, "flood-1", 10_000);
        Assert.InRange(lines.Count, 1_600, 1_700);
        Assert.Matches(@"^\[mill: \d+ lines were left out here", lines[^2].Text);
        Assert.Equal("and now", lines[^1].Text);
        Assert.Equal((At(2_000), 1), file.Last);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_cut_and_a_disk_that_takes_nothing_stops_nobody()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, new string('x', 100_000));
        Assert.Equal(LogRecord.MostOfText + 1, (await ReadAsync(store, "web-1"))[0].Text.Length);

        Directory.Delete(file.Directory, recursive: true);
        using var other = new LogStore(Path.Combine("/proc", "mill-no-place"), _time);
        other.Open("web-1", Created).Add(At(1), false, "lost");
        other.End("web-1");
        other.Sweep(new HashSet<string>());
    }

    private static DateTimeOffset At(long milliseconds) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(milliseconds);

    private static async Task<List<AllocLine>> ReadAsync(LogStore store, string id, int tail = 1000)
    {
        var lines = new List<AllocLine>();
        await foreach (var line in store.ReadAsync(id, tail, follow: false, default)) lines.Add(line);
        return lines;
    }
}
