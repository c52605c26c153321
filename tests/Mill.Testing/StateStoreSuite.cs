using System.Text;
using Mill.Core.Ports;
using Xunit;

namespace Mill.Testing;

/// <summary>What the port promises. Every engine passes it, and so does the fake. <c>StateStoreSuite.Watch.cs</c> has the part on watches.</summary>
public abstract partial class StateStoreSuite
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken None => CancellationToken.None;

    /// <summary>An empty store, at whatever revision, that nobody else writes to, and that lets a watcher fall behind by so many commits.</summary>
    protected abstract ValueTask<IStateStore> OpenAsync(int knownCommits);

    [Fact]
    public async Task An_empty_store_shows_nothing_at_the_revision_where_it_stands()
    {
        await using var store = await OpenAsync();
        var revision = await store.GetRevisionAsync(None);
        var snapshot = await store.ReadAsync("", None);
        Assert.Equal(revision, snapshot.Revision);
        Assert.Empty(snapshot.Entries);
        Assert.Equal(revision, await store.GetRevisionAsync(None));
    }

    [Fact]
    public async Task A_commit_raises_the_revision_and_marks_what_it_wrote()
    {
        await using var store = await OpenAsync();
        var before = await store.GetRevisionAsync(None);
        var first = await Put(store, ("a", "1"), ("b", "1"));
        var second = await Put(store, ("b", "2"));
        Assert.True(first.Succeeded && second.Succeeded && second.Revision > first.Revision && first.Revision > before);
        Assert.Equal(second.Revision, await store.GetRevisionAsync(None));
        Assert.Equal([$"a=1@{first.Revision}", $"b=2@{second.Revision}"], await Content(store));
    }

    [Fact]
    public async Task A_failed_precondition_writes_nothing_and_answers_the_current_revision()
    {
        await using var store = await OpenAsync();
        var first = await Put(store, ("a", "1"));
        var second = await Put(store, ("b", "1"));
        StorePrecondition[] holds = [new("a", first.Revision), new("none", 0)];
        foreach (var broken in new StorePrecondition[] { new("a", 0), new("a", second.Revision), new("b", first.Revision), new("none", first.Revision), new("A", first.Revision) })
        {
            var refused = await store.CommitAsync(new([.. holds, broken], [Write("a", "x"), Write("c", "x"), new("b", null)]), None);
            Assert.False(refused.Succeeded, broken.ToString());
            Assert.Equal(second.Revision, refused.Revision);
            refused = await store.CommitAsync(new([broken, .. holds], [Write("a", "x")]), None);
            Assert.False(refused.Succeeded, broken.ToString());
        }

        Assert.Equal([$"a=1@{first.Revision}", $"b=1@{second.Revision}"], await Content(store));
        Assert.True((await store.CommitAsync(new(holds, [Write("a", "2")]), None)).Succeeded);
    }

    [Fact]
    public async Task Of_two_commits_under_the_same_precondition_one_succeeds()
    {
        await using var store = await OpenAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            await store.CommitAsync(new([new("leader", 0)], [Write("leader", $"{i}")]), None))));
        Assert.Single(outcomes, outcome => outcome.Succeeded);
    }

    [Fact]
    public async Task A_deleted_key_can_be_written_again_and_counts_as_new()
    {
        await using var store = await OpenAsync();
        var first = await Put(store, ("a", "1"));
        Assert.True((await store.CommitAsync(new([new("a", first.Revision)], [new("a", null), Write("b", "1")]), None)).Succeeded);
        Assert.DoesNotContain(await Content(store), line => line.StartsWith('a'));
        var again = await store.CommitAsync(new([new("a", 0)], [Write("a", "2")]), None);
        Assert.True(again.Succeeded);
        Assert.Contains($"a=2@{again.Revision}", await Content(store));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        await using var store = await OpenAsync();
        await Put(store, ("a", "1"));
        Assert.True((await store.CommitAsync(new([], [new("b", null), Write("c", "1")]), None)).Succeeded);
        Assert.Equal(["a", "c"], (await store.ReadAsync("", None)).Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_key_that_stands_twice_in_a_commit_is_a_mistake()
    {
        await using var store = await OpenAsync();
        var before = await store.GetRevisionAsync(None);
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.CommitAsync(new([], [Write("a", "1"), new("a", null)]), None));
        Assert.Equal(before, await store.GetRevisionAsync(None));
    }

    [Fact]
    public async Task A_prefix_selects_by_its_characters_and_an_entry_is_found_by_its_whole_key()
    {
        await using var store = await OpenAsync();
        string[] keys = ["/a", "/a-b", "/a.b", "/a/", "/a/1", "/a/10", "/a/2", "/a/B", "/a/_", "/a/b", "/a0", "/aB", "/a_b", "/ab", "/B", "/z", "z", "Z", "é"];
        var first = await Put(store, [.. keys.Reverse().Select(key => (key, key + "!"))]);
        Assert.Equal(keys.Order(StringComparer.Ordinal), (await store.ReadAsync("", None)).Entries.Select(entry => entry.Key));
        Assert.Equal(["/a/", "/a/1", "/a/10", "/a/2", "/a/B", "/a/_", "/a/b"], (await store.ReadAsync("/a/", None)).Entries.Select(entry => entry.Key));
        Assert.Empty((await store.ReadAsync("/a/1/", None)).Entries);
        foreach (var key in keys)
        {
            var found = await store.FindAsync(key, None);
            Assert.Equal((key, key + "!", first.Revision), (found!.Value.Key, Encoding.UTF8.GetString(found.Value.Value.Span), found.Value.Revision));
        }
        Assert.Null(await store.FindAsync("/a/3", None));
        Assert.Null(await store.FindAsync("", None));
        var second = await store.CommitAsync(new([], [new("/a", null), Write("/ab", "2")]), None);
        Assert.Null(await store.FindAsync("/a", None));
        Assert.Equal(second.Revision, (await store.FindAsync("/ab", None))!.Value.Revision);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000)]
    [InlineData(400 * 1024)]
    public async Task A_value_of_any_length_comes_back_byte_for_byte(int length)
    {
        await using var store = await OpenAsync();
        var value = new byte[length];
        new Random(length).NextBytes(value); // not text, and with zeros: the store must not care
        await store.CommitAsync(new([], [new("a", value), new("b", value), Write("c", "end")]), None);
        var entries = (await store.ReadAsync("", None)).Entries;
        Assert.Equal(value, entries[0].Value.ToArray());
        Assert.Equal(value, entries[1].Value.ToArray());
        Assert.Equal("end", Encoding.UTF8.GetString(entries[2].Value.Span));
    }

    [Fact]
    public async Task Concurrent_commits_each_have_a_revision_of_their_own()
    {
        await using var store = await OpenAsync();
        var revisions = await Task.WhenAll(Enumerable.Range(0, 8).Select(task => Task.Run(async () =>
        {
            var mine = new List<long>();
            for (var i = 0; i < 25; i++)
                mine.Add((await Put(store, ($"{task}/{i}", "1"))).Revision);
            return mine;
        })));

        Assert.All(revisions, mine => Assert.Equal(mine.Order(), mine));
        Assert.Equal(200, revisions.SelectMany(mine => mine).Distinct().Count());
        Assert.Equal(revisions.SelectMany(mine => mine).Order(), (await store.ReadAsync("", None)).Entries.Select(entry => entry.Revision).Order());
    }

    [Fact]
    public async Task A_snapshot_shows_one_revision_while_commits_go_on()
    {
        await using var store = await OpenAsync();
        await Put(store, ("x", "0"), ("y", "0"));
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i <= 200; i++)
                await Put(store, ("x", $"{i}"), ("y", $"{i}"));
        });

        var last = 0L;
        do
        {
            var snapshot = await store.ReadAsync("", None);
            Assert.Equal(2, snapshot.Entries.Count);
            Assert.True(snapshot.Entries[0].Value.Span.SequenceEqual(snapshot.Entries[1].Value.Span));
            Assert.All(snapshot.Entries, entry => Assert.Equal(snapshot.Revision, entry.Revision));
            Assert.True(snapshot.Revision >= last);
            last = snapshot.Revision;
        }
        while (!writing.IsCompleted);
        await writing;
    }

    [Fact]
    public async Task A_large_prefix_is_shown_whole_each_entry_once()
    {
        await using var store = await OpenAsync();
        var expected = new Dictionary<string, int>();
        for (var batch = 0; batch < 6; batch++)
        {
            // Long values after short ones: whoever reads in pages must not count on what it saw before.
            var lengths = Enumerable.Range(0, 200).ToDictionary(i => $"/p/{batch}/{i:000}", i => batch < 4 ? i % 7 : i * 50);
            foreach (var (key, length) in lengths) expected.Add(key, length);
            await store.CommitAsync(new([], [.. lengths.Select(pair => new StoreWrite(pair.Key, new byte[pair.Value]))]), None);
        }
        await Put(store, ("/o", "before"), ("/q", "after"));
        Assert.Equal(
            expected.Select(pair => $"{pair.Key} {pair.Value}").Order(StringComparer.Ordinal),
            (await store.ReadAsync("/p/", None)).Entries.Select(entry => $"{entry.Key} {entry.Value.Length}"));
    }

    [Fact]
    public async Task What_a_visitor_throws_comes_through()
    {
        await using var store = await OpenAsync();
        await Put(store, [.. Enumerable.Range(0, 100).Select(i => ($"{i}", "1"))]);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(async () => await store.VisitAsync("", static (_, _, _) => throw new InvalidTimeZoneException(), None));
        Assert.True((await Put(store, ("a", "1"))).Succeeded);
    }

    [Fact]
    public async Task A_scrubbing_commit_is_a_commit_like_any_other()
    {
        await using var store = await OpenAsync();
        await Put(store, ("a", "1"));
        var scrubbed = await store.CommitAsync(new([], [Write("a", "2")]) { Scrub = true }, None);
        var after = await Put(store, ("b", "1"));
        Assert.Equal([$"a=2@{scrubbed.Revision}", $"b=1@{after.Revision}"], await Content(store));
    }

    protected ValueTask<IStateStore> OpenAsync() => OpenAsync(knownCommits: 4096);

    private static StoreWrite Write(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    private static ValueTask<StoreCommit> Put(IStateStore store, params (string Key, string Value)[] writes)
        => store.CommitAsync(new([], [.. writes.Select(write => Write(write.Key, write.Value))]), None);

    private static async Task<string[]> Content(IStateStore store)
        => [.. (await store.ReadAsync("", None)).Entries.Select(entry => $"{entry.Key}={Encoding.UTF8.GetString(entry.Value.Span)}@{entry.Revision}")];
}
