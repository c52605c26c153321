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
        file.Add(At(1), false, "one", AsItIs);
        file.Add(At(2), true, "two ünd", AsItIs);
        file.Add(At(3), false, "", AsItIs);

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
        store.Open("web-1", Created).Add(At(1), false, "one", AsItIs);
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => ReadAsync(store, id))).Error);
    }

    [Fact]
    public async Task Whoever_follows_gets_what_comes_until_the_end()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, "one", AsItIs);
        file.Add(At(2), false, "two", AsItIs);
        await using var lines = store.ReadAsync("web-1", 1, follow: true, default).GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("two", lines.Current.Text);
        Assert.True(await lines.MoveNextAsync());
        Assert.True(lines.Current.IsMark);
        var next = lines.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        file.Add(At(3), false, "three", AsItIs);
        Assert.True(await next);
        Assert.Equal("three", lines.Current.Text);
        next = lines.MoveNextAsync().AsTask();
        store.End("web-1");
        Assert.False(await next);
        Assert.Equal(3, (await ReadAsync(store, "web-1")).Count);
    }

    [Fact]
    public async Task The_last_lines_are_found_over_several_files_and_only_as_many_as_have_room()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        var line = new string('x', 16 * 1024);
        foreach (var number in Enumerable.Range(0, 700)) file.Add(At(number), false, number % 2 is 0 ? line : $"short {number}", AsItIs);
        Assert.True(Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Length > 1);

        Assert.Equal(Enumerable.Range(297, 403).Select(number => At(number)), (await ReadAsync(store, "web-1", 403)).Select(one => one.At));
        var most = await ReadAsync(store, "web-1", 10_000);
        Assert.InRange(most.Sum(one => (long)one.Text.Length), LogReader.MostOfTail - (2 * line.Length), LogReader.MostOfTail + line.Length);
        Assert.Equal(At(699), most[^1].At);
    }

    [Fact]
    public async Task A_line_that_comes_while_the_last_ones_are_read_is_none_of_them_and_is_not_lost()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, "one", AsItIs);
        await using var once = store.ReadAsync("web-1", 5, follow: false, default).GetAsyncEnumerator();
        await using var followed = store.ReadAsync("web-1", 5, follow: true, default).GetAsyncEnumerator();
        Assert.True(await once.MoveNextAsync());
        Assert.True(await followed.MoveNextAsync());
        file.Add(At(2), false, "two", AsItIs);
        Assert.False(await once.MoveNextAsync());
        Assert.True(await followed.MoveNextAsync());
        Assert.True(followed.Current.IsMark);
        Assert.True(await followed.MoveNextAsync());
        Assert.Equal("two", followed.Current.Text);
    }

    [Fact]
    public async Task The_next_agent_goes_on_behind_the_last_whole_line()
    {
        using (var store = new LogStore(_directory, _time))
        {
            var file = store.Open("web-1", Created);
            file.Add(At(1), false, "one", AsItIs);
            file.Add(At(2), false, "two", AsItIs);
            file.Add(At(2), false, "two again", AsItIs);
        }
        var path = Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(path, "12345 o half of a li");

        using var later = new LogStore(_directory, _time);
        var again = later.Open("web-1", Created);
        Assert.Equal((At(2), 2), again.Last);
        again.Add(At(3), false, "three", AsItIs);
        Assert.Equal(["one", "two", "two again", "three"], (await ReadAsync(later, "web-1")).Select(line => line.Text));
    }

    [Fact]
    public async Task An_id_that_comes_again_has_a_log_of_its_own()
    {
        using var store = new LogStore(_directory, _time);
        store.Open("web-1", Created).Add(At(1), false, "before", AsItIs);
        store.Open("web-1", Created + TimeSpan.FromHours(1)).Add(At(2), false, "after", AsItIs);
        Assert.Equal(["after"], (await ReadAsync(store, "web-1")).Select(line => line.Text));
        store.Sweep(new HashSet<string>());
        Assert.Equal(["after"], (await ReadAsync(store, "web-1")).Select(line => line.Text));
    }

    [Fact]
    public async Task A_day_after_its_end_it_is_gone_and_not_before()
    {
        using var store = new LogStore(_directory, _time);
        store.Open("web-1", Created).Add(At(1), false, "one", AsItIs);
        store.Open("web-2", Created).Add(At(1), false, "one", AsItIs);
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
        using (var store = new LogStore(_directory, _time)) store.Open("web-1", Created).Add(At(1), false, "one", AsItIs);
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
        store.Open("quiet-1", Created).Add(At(1), false, "heard", AsItIs);
        var flood = store.Open("flood-2", Created);
        var line = new string('x', 1000);
        for (var i = 0; i < 40_000; i++)
        {
            flood.Add(At(i), false, line, AsItIs);
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
        for (var i = 0; i < 2_000; i++) file.Add(At(i), false, line, AsItIs);
        _time.Advance(TimeSpan.FromSeconds(10));
        file.Add(At(2_000), false, "and now", AsItIs);

        var lines = await ReadAsync(store, "flood-1", 10_000);
        Assert.InRange(lines.Count, 400, 440); // as many as have room in an answer
        Assert.InRange(Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length), 16_000_000, 17_000_000);
        Assert.Matches(@"^\[mill: \d+ lines were left out here", lines[^2].Text);
        Assert.Equal("and now", lines[^1].Text);
        Assert.Equal((At(2_000), 1), file.Last);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_cut_and_a_disk_that_takes_nothing_stops_nobody()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("web-1", Created);
        file.Add(At(1), false, new string('x', 100_000), AsItIs);
        Assert.Equal(LogRecord.MostOfText + 1, (await ReadAsync(store, "web-1"))[0].Text.Length);

        Directory.Delete(file.Directory, recursive: true);
        using var other = new LogStore(Path.Combine("/proc", "mill-no-place"), _time);
        other.Open("web-1", Created).Add(At(1), false, "lost", AsItIs);
        other.End("web-1");
        other.Sweep(new HashSet<string>());
    }

    [Fact]
    public void What_is_left_out_of_a_flood_costs_no_masking()
    {
        using var store = new LogStore(_directory, _time);
        var file = store.Open("flood-1", Created);
        var (masked, kept, line) = (0, 0, new string('x', 10_000));
        for (var i = 0; i < 2_000; i++)
        {
            if (file.Add(At(i), false, line, text => text[..^masked++.ToString(null, null).Length]) is not null) kept++;
        }
        Assert.InRange(kept, 1_600, 1_700);
        Assert.Equal(kept, masked);
    }

    [Fact]
    public async Task Those_that_are_being_written_do_not_take_more_than_there_is_room_for_either()
    {
        const long Room = 2 << 20;
        using var store = new LogStore(_directory, _time, Room);
        var line = new string('x', 10_000);
        // A few, before there are many.
        for (var i = 0; i < 4; i++)
        {
            var early = store.Open($"early-{i}", Created);
            for (var j = 0; j < 50; j++) early.Add(At(j), false, line, AsItIs);
        }
        var running = new HashSet<string>(Enumerable.Range(0, 4).Select(i => $"early-{i}"));
        for (var i = 0; i < 100; i++)
        {
            var file = store.Open($"web-{i}", Created);
            running.Add($"web-{i}");
            for (var j = 0; j < 12; j++) file.Add(At(j), false, line, AsItIs);
        }
        store.Sweep(running);

        Assert.InRange(Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 1, Room);
        // What had to let go goes on.
        store.Open("early-0", Created).Add(At(60), false, "heard", AsItIs);
        Assert.Equal("heard", (await ReadAsync(store, "early-0"))[^1].Text);
    }

    [Fact]
    public async Task How_long_it_is_kept_can_be_said()
    {
        using var store = new LogStore(_directory, _time, kept: TimeSpan.FromHours(1));
        store.Open("web-1", Created).Add(At(1), false, "one", AsItIs);
        store.End("web-1");
        _time.Advance(TimeSpan.FromHours(1));
        store.Sweep(new HashSet<string>());
        Assert.Single(await ReadAsync(store, "web-1"));
        _time.Advance(TimeSpan.FromSeconds(1));
        store.Sweep(new HashSet<string>());
        await Assert.ThrowsAsync<MillException>(() => ReadAsync(store, "web-1"));
    }

    private static string AsItIs(string text) => text;

    private static DateTimeOffset At(long milliseconds) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(milliseconds);

    private static async Task<List<AllocLine>> ReadAsync(LogStore store, string id, int tail = 1000)
    {
        var lines = new List<AllocLine>();
        await foreach (var line in store.ReadAsync(id, tail, follow: false, default)) lines.Add(line);
        return lines;
    }
}
