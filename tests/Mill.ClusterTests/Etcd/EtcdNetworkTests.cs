using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Xunit;

namespace Mill.ClusterTests.Etcd;

/// <summary>One etcd behind two ways to it, of which one or both do not do what they should.</summary>
public sealed class EtcdNetworkTests(SharedEtcd etcd) : IClassFixture<SharedEtcd>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Forwarder _first = null!;
    private Forwarder _second = null!;
    private EtcdStateStore _direct = null!;
    private EtcdStateStore _store = null!;

    public async Task InitializeAsync()
    {
        _direct = await etcd.OpenEmptyAsync();
        (_first, _second) = (new(etcd.Server.Endpoint), new(etcd.Server.Endpoint));
        _store = Open(TimeSpan.FromSeconds(5));
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _direct.DisposeAsync();
    }

    [Fact]
    public async Task An_endpoint_that_hangs_costs_a_read_two_seconds_once()
    {
        await Put(_store, "a", "1");
        _first.Freeze();
        var first = await TimeAsync(() => _store.FindAsync("a", default).AsTask());
        Assert.InRange(first, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4));
        var second = await TimeAsync(() => _store.FindAsync("a", default).AsTask());
        Assert.InRange(second, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_endpoint_that_is_gone_costs_a_commit_nothing()
    {
        await _first.DisposeAsync();
        Assert.True((await Put(_store, "a", "1")).Succeeded);
        Assert.True((await Put(_store, "a", "2")).Succeeded);
    }

    [Fact]
    public async Task A_commit_whose_reply_does_not_come_is_unknown_and_is_not_sent_another_way()
    {
        var before = await Put(_store, "a", "1");
        _first.Freeze();
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(async () => await Put(_store, "a", "2"))).Error);
        Assert.Equal(before.Revision, (await _direct.FindAsync("a", default))!.Value.Revision);
        Assert.True((await Put(_store, "a", "3")).Succeeded); // the next one takes the other way
    }

    [Fact]
    public async Task A_commit_that_was_cut_off_is_unknown_and_may_have_happened()
    {
        await Put(_store, "a", "1");
        _first.Freeze();
        var commit = Put(_store, "a", "2");
        _first.Cut();
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => commit)).Error);
    }

    [Fact]
    public async Task A_commit_that_was_cancelled_on_its_way_is_unknown()
    {
        await Put(_store, "a", "1");
        _first.Freeze();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        var failure = await Assert.ThrowsAsync<MillException>(async () => await _store.CommitAsync(new([], [Write("a", "2")]), cancel.Token));
        Assert.Equal(MillError.OutcomeUnknown, failure.Error);
    }

    [Fact]
    public async Task Where_nobody_can_be_reached_nothing_happened()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await using var store = Open(giveUpAfter: TimeSpan.FromSeconds(1));
        Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(async () => await Put(store, "a", "1"))).Error);
        Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(async () => await store.GetRevisionAsync(default))).Error);
        Assert.Null(await _direct.FindAsync("a", default));
    }

    [Fact]
    public async Task Where_everybody_hangs_a_read_gives_up()
    {
        _first.Freeze();
        _second.Freeze();
        await using var store = Open(giveUpAfter: TimeSpan.FromSeconds(1));
        var took = await TimeAsync(async () =>
            Assert.Equal(MillError.NoQuorum, (await Assert.ThrowsAsync<MillException>(async () => await store.GetRevisionAsync(default))).Error));
        Assert.InRange(took, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_watch_goes_on_after_its_connection_was_cut()
    {
        await using var watch = new Following(_store, "", await _direct.GetRevisionAsync(default));
        for (var i = 0; i < 5; i++)
        {
            await Put(_direct, "a", $"{i}");
            Assert.Equal($"a={i}", await watch.NextAsync());
            _first.Cut();
            _second.Cut();
        }
    }

    [Fact]
    public async Task A_watch_whose_link_is_dead_without_a_word_moves_to_another_within_seconds()
    {
        await using var watch = new Following(_store, "", await _direct.GetRevisionAsync(default));
        await Put(_direct, "a", "1");
        Assert.Equal("a=1", await watch.NextAsync());
        _first.Freeze();
        await Put(_direct, "a", "2");
        await Put(_direct, "a", "3");
        var took = await TimeAsync(async () => Assert.Equal("a=2", await watch.NextAsync()));
        Assert.Equal("a=3", await watch.NextAsync());
        Assert.InRange(took, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_watch_in_a_quiet_store_stays_on_its_connection()
    {
        await using var watch = new Following(_store, "", await _direct.GetRevisionAsync(default));
        await Put(_direct, "a", "1");
        Assert.Equal("a=1", await watch.NextAsync());
        var next = watch.NextAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System); // two looks at the revision
        Assert.InRange(_first.Connections, 1, 2);
        Assert.Equal(0, _second.Connections);
        await Put(_direct, "a", "2");
        Assert.Equal("a=2", await next);
    }

    [Fact]
    public async Task A_watch_of_a_quiet_prefix_in_a_busy_store_is_renewed_once_per_pause_and_misses_nothing()
    {
        await using var watch = new Following(_store, "quiet/", await _direct.GetRevisionAsync(default));
        await Put(_direct, "quiet/a", "1");
        Assert.Equal("quiet/a=1", await watch.NextAsync());
        var next = watch.NextAsync();
        var watches = await CountWatchesAsync();
        await Put(_direct, "busy", "1");
        await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System);
        Assert.InRange(await CountWatchesAsync() - watches, 1, 2);
        await Put(_direct, "quiet/a", "2");
        Assert.Equal("quiet/a=2", await next);
    }

    /// <summary>How many watches the member was ever asked for, as its metrics say.</summary>
    private async Task<int> CountWatchesAsync()
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(_first.Endpoint, "/metrics"));
        return metrics.Split('\n').Where(line => line.StartsWith("grpc_server_started_total{", StringComparison.Ordinal) && line.Contains("\"Watch\"", StringComparison.Ordinal))
            .Sum(line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    private EtcdStateStore Open(TimeSpan giveUpAfter) =>
        new(new() { Endpoints = [_first.Endpoint, _second.Endpoint], GiveUpAfter = giveUpAfter }, TimeProvider.System);

    private static StoreWrite Write(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    private static async Task<StoreCommit> Put(EtcdStateStore store, string key, string value) => await store.CommitAsync(new([], [Write(key, value)]), default);

    private static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        return watch.Elapsed;
    }

    /// <summary>A watch, one commit after the other.</summary>
    private sealed class Following(EtcdStateStore store, string prefix, long after) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<StoreEvent> _events = store.WatchAsync(prefix, after, CancellationToken.None).GetAsyncEnumerator();
        private Task<string> _next = Task.FromResult("");

        public Task<string> NextAsync() => _next = Read();

        public async ValueTask DisposeAsync()
        {
            await store.DisposeAsync(); // ends a read that still waits
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _events.DisposeAsync();
        }

        private async Task<string> Read()
        {
            if (!await _events.MoveNextAsync().AsTask().WaitAsync(Patience)) throw new InvalidOperationException("The watch ended.");
            return string.Join(' ', _events.Current.Writes.Select(write => $"{write.Key}={Encoding.UTF8.GetString(write.Value!.Value.Span)}"));
        }
    }
}
