using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.State.Embedded.Sqlite;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

public sealed class EmbeddedStateStoreTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TestDirectory _directory = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_committed_is_there_after_a_restart_and_after_a_crash()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await Put(store, "a", "1");
        await Put(store, "b", "2");
        using var crashed = _directory.Copy();
        await store.DisposeAsync();

        foreach (var path in new[] { _directory.Path, crashed.Path })
        {
            await using var again = EmbeddedStateStore.Open(path);
            Assert.Equal(2, await again.GetRevisionAsync(None));
            Assert.Equal(["a", "b"], (await again.ReadAsync("", None)).Entries.Select(entry => entry.Key));
            Assert.Equal(3, (await Put(again, "c", "3")).Revision);
        }
    }

    [Fact]
    public async Task A_restart_forgets_single_commits_but_a_watch_from_the_present_goes_on()
    {
        await using (var store = EmbeddedStateStore.Open(_directory.Path))
            await Put(store, "a", "1");

        await using var again = EmbeddedStateStore.Open(_directory.Path);
        await Assert.ThrowsAsync<WatchCompactedException>(async () => await again.WatchAsync("", 0, None).FirstAsync());
        await using var watcher = again.WatchAsync("", 1, None).GetAsyncEnumerator(None);
        var next = watcher.MoveNextAsync();
        await Put(again, "b", "2");
        Assert.True(await next);
        Assert.Equal(2, watcher.Current.Revision);
    }

    [Fact]
    public async Task A_directory_belongs_to_one_store_at_a_time()
    {
        await using (var store = EmbeddedStateStore.Open(_directory.Path))
        {
            var refused = Assert.Throws<MillException>(() => EmbeddedStateStore.Open(_directory.Path));
            Assert.Equal(MillError.DataDirectoryInUse, refused.Error);
            Assert.Contains(_directory.Path, refused.Message, StringComparison.Ordinal);
            Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
            Assert.NotNull(refused.Hint);
        }

        await using var free = EmbeddedStateStore.Open(_directory.Path);
    }

    [Fact]
    public async Task Only_the_owner_may_look_into_the_directory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var path = _directory.File("above/new");
        await using var store = EmbeddedStateStore.Open(path);
        await Put(store, "a", "1");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        var files = Directory.GetFiles(path);
        Assert.Contains(files, file => file.EndsWith("-wal", StringComparison.Ordinal));
        foreach (var file in files)
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Directories_that_are_missing_are_made_and_those_above_stay_passable()
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using (var store = EmbeddedStateStore.Open(_directory.File("one/two/three")))
            await Put(store, "a", "1");

        var reference = Directory.CreateDirectory(_directory.File("usual"), Passable).FullName; // the umask may take some of it away
        Assert.Equal(File.GetUnixFileMode(reference), File.GetUnixFileMode(_directory.File("one")));
        Assert.Equal(File.GetUnixFileMode(reference), File.GetUnixFileMode(_directory.File("one/two")));
        Assert.Equal(Private, File.GetUnixFileMode(_directory.File("one/two/three")));
        await using var again = EmbeddedStateStore.Open(_directory.File("one/two/three"));
        Assert.Equal(1, await again.GetRevisionAsync(None));
    }

    [Theory]
    [InlineData(Private, false)]
    [InlineData(Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute, false)] // nobody sees what is in it
    [InlineData(Private | UnixFileMode.GroupRead, true)]
    [InlineData(Private | UnixFileMode.GroupWrite, true)]
    [InlineData(Private | UnixFileMode.OtherRead, true)]
    [InlineData(Private | UnixFileMode.OtherWrite, true)]
    [InlineData(Passable, true)]
    public async Task A_directory_that_others_may_look_into_stays_as_it_is_and_is_warned_about(UnixFileMode mode, bool isWarnedAbout)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var path = _directory.File("given");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, mode);
        var logger = new RecordingLogger<EmbeddedStateStore>();
        await using var store = EmbeddedStateStore.Open(path, logger);
        await Put(store, "a", "1");
        Assert.Equal(mode, File.GetUnixFileMode(path));
        Assert.All(Directory.GetFiles(path), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        if (!isWarnedAbout)
        {
            Assert.Empty(logger.Lines);
            return;
        }

        var (level, id, text) = Assert.Single(logger.Lines);
        Assert.Equal((LogLevel.Warning, 3104), (level, id));
        Assert.Contains($"chmod 700 {path}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_program_can_read_while_the_store_is_open()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await Put(store, "/mill/v1/tokens/a", """{"format":1}""");
        using var shell = Start("sqlite3", _directory.File("mill.db"), "SELECT key, json_extract(value, '$.format'), revision FROM records");
        if (shell is null)
            return; // no shell on this machine
        Assert.Equal("/mill/v1/tokens/a|1|1\n", await shell.StandardOutput.ReadToEndAsync());
        Assert.Equal(2, (await Put(store, "b", "2")).Revision);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_scrubbed_value_is_in_no_file(int seed)
    {
        // Many neighbours, written in no order, so that pages split and cells move about.
        const string Canary = "canary-4711-this-value-must-go";
        var random = new Random(seed);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await Put(store, "key/5000", Canary + new string('x', 800));
        for (var i = 0; i < 300; i++)
            await Put(store, $"key/{random.Next(4_900, 5_100):D4}x", new string('y', random.Next(1_500)));
        await Put(store, "key/5000", Canary + new string('x', 900));
        await Put(store, "key/7000", Canary + new string('x', 60_000));

        var other = Encoding.UTF8.GetBytes("new");
        await store.CommitAsync(new([], [new("key/5000", other), new("key/7000", null)]) { Scrub = true }, None);
        for (var i = 0; i < 20; i++)
            await Put(store, $"key/{random.Next(4_900, 5_100):D4}x", new string('z', 300)); // what was wiped must not come back from a cache
        foreach (var file in Directory.GetFiles(_directory.Path, "mill.db*"))
            Assert.True(TestDirectory.ReadShared(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Canary)) < 0, file);
    }

    [Fact]
    public async Task A_scrub_finds_the_copies_that_records_leave_behind_when_they_move()
    {
        const string Canary = "canary-4715-this-value-must-go";
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await LeaveCopies(store, Canary, scrub: true);
        RequireCanary(Canary, _directory, isThere: false);
    }

    [Fact]
    public async Task A_scrub_that_another_reader_holds_up_costs_no_commit_and_is_made_up_for()
    {
        var canary = "canary-4712-this-value-must-go"u8.ToArray();
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await store.CommitAsync(new([], [new("a", canary)]), None);
        using (var reader = SqliteConnection.Open(_directory.File("mill.db")))
        {
            reader.Execute("BEGIN");
            reader.Execute("SELECT count(*) FROM records");
            Assert.True((await store.CommitAsync(new([], [new("a", null)]) { Scrub = true }, None)).Succeeded);
            Assert.Equal(3, (await Put(store, "b", "1")).Revision);
            reader.Execute("COMMIT");
        }

        await store.CommitAsync(new([], []) { Scrub = true }, None);
        Assert.All(Directory.GetFiles(_directory.Path, "mill.db*"), file => Assert.True(TestDirectory.ReadShared(file).AsSpan().IndexOf(canary) < 0, file));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_scrub_that_a_crash_prevented_is_made_up_for_when_the_store_is_opened(bool isLogFoldedIn)
    {
        const string Canary = "canary-4713-this-value-must-go";
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await LeaveCopies(store, Canary, scrub: false); // what a process that is killed before its scrub has done
        using var crashed = _directory.Copy();
        if (isLogFoldedIn)
        {
            using var other = SqliteConnection.Open(crashed.File("mill.db"));
            other.Checkpoint(truncate: true);
        }

        RequireCanary(Canary, crashed, isThere: true);
        await using var again = EmbeddedStateStore.Open(crashed.Path);
        RequireCanary(Canary, crashed, isThere: false);
    }

    [Fact]
    public async Task A_scrub_waits_for_no_read_and_is_done_when_the_read_ends()
    {
        const string Canary = "canary-4714-this-value-must-go";
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await Put(store, "a", Canary);
        var reading = new TaskCompletionSource();
        using var goOn = new ManualResetEventSlim();
        var read = Task.Run(async () => await store.VisitAsync("", (_, _, _) => { reading.TrySetResult(); goOn.Wait(); }, None));
        await reading.Task;
        for (var i = 0; i < 3; i++)
            Assert.True((await store.CommitAsync(new([], [new("a", Encoding.UTF8.GetBytes($"{i}"))]) { Scrub = true }, None).AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Succeeded);
        RequireCanary(Canary, _directory, isThere: true); // the read still looks at it

        goOn.Set();
        Assert.Equal(1, await read);
        RequireCanary(Canary, _directory, isThere: false);
    }

    [Fact]
    public async Task A_read_ends_when_it_is_cancelled()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        await store.CommitAsync(new([], [.. Enumerable.Range(0, 10).Select(i => new StoreWrite($"{i}", [1]))]), None);
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.VisitAsync("", (_, _, _) => { seen++; cancel.Cancel(); }, cancel.Token));
        Assert.Equal(1, seen);
        Assert.Equal(10, (await store.ReadAsync("", None)).Entries.Count);
    }

    [Fact]
    public async Task Hardly_anything_is_kept_for_watchers_before_there_is_one()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        for (var i = 0; i < 5; i++)
            await Put(store, "a", new string('x', 30_000));
        var compacted = await Assert.ThrowsAsync<WatchCompactedException>(async () => await store.WatchAsync("", 0, None).FirstAsync());
        Assert.Equal(3, compacted.OldestKnown);

        for (var i = 0; i < 5; i++)
            await Put(store, "a", new string('y', 30_000));
        Assert.Equal(4, (await store.WatchAsync("", 3, None).FirstAsync()).Revision);
    }

    [Fact]
    public async Task A_closed_store_says_that_it_is_closed()
    {
        var store = EmbeddedStateStore.Open(_directory.Path);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Put(store, "a", "1"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ReadAsync("", None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetRevisionAsync(None));
    }

    /// <summary>
    /// Records that grow one after the other push their neighbours to other pages, and copies of some stay in the gaps that those leave.
    /// In the end no record holds the canary any more: where it is in the database still, it is in a gap.
    /// </summary>
    private static async Task LeaveCopies(EmbeddedStateStore store, string canary, bool scrub)
    {
        var random = new Random(1);
        int[] lengths = [.. Enumerable.Range(0, 200).Select(_ => random.Next(200, 900))];
        StoreWrite[] All(Func<int, string> value) => [.. lengths.Select((length, i) => new StoreWrite($"key/{i:D3}", Encoding.UTF8.GetBytes(value(length))))];
        await store.CommitAsync(new([], All(length => canary + new string('x', length / 6))), None);
        await store.CommitAsync(new([], All(length => canary + new string('y', length))), None);
        await store.CommitAsync(new([], All(length => new string('z', canary.Length + length))) { Scrub = scrub }, None);
    }

    private static ValueTask<StoreCommit> Put(EmbeddedStateStore store, string key, string value)
        => store.CommitAsync(new([], [new(key, Encoding.UTF8.GetBytes(value))]), None);

    private static void RequireCanary(string canary, TestDirectory directory, bool isThere)
        => Assert.Equal(isThere, Directory.GetFiles(directory.Path, "mill.db*").Any(file => TestDirectory.ReadShared(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)) >= 0));

    private static Process? Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
