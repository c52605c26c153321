using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.ClusterTests.Processes;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Etcd;

public sealed class EtcdUpkeepTests(SharedEtcd etcd) : IClassFixture<SharedEtcd>
{
    private static readonly EtcdUpkeepOptions Options = new() { KeepRevisions = 100, KeepFor = TimeSpan.FromMinutes(10) };

    [Fact]
    public async Task Old_revisions_are_forgotten_and_the_latest_are_not()
    {
        await using var store = await etcd.OpenEmptyAsync();
        var time = new ManualTime();
        using var upkeep = new EtcdUpkeep(store, Options, time, NullLogger<EtcdUpkeep>.Instance);
        var start = await store.GetRevisionAsync(default);
        for (var i = 0; i < 300; i++) await store.CommitAsync(new([], [new("a", new byte[1])]), default);
        var end = await store.GetRevisionAsync(default);

        await upkeep.TendAsync(default);
        Assert.Equal(start + 1, (await FirstAsync(store, start)).Revision);
        time.Advance(Options.KeepFor);
        await upkeep.TendAsync(default);
        var forgotten = await Assert.ThrowsAsync<WatchCompactedException>(() => FirstAsync(store, start));
        Assert.Equal(end - 100, forgotten.OldestKnown);
        Assert.Equal(end - 99, (await FirstAsync(store, forgotten.OldestKnown)).Revision);

        // Nothing new: nothing to do, and no complaint.
        await upkeep.TendAsync(default);
        Assert.NotNull(await store.FindAsync("a", default));
    }

    [Fact]
    public async Task The_size_of_each_member_is_measured()
    {
        await using var store = await etcd.OpenEmptyAsync();
        using var upkeep = new EtcdUpkeep(store, Options, new ManualTime(), NullLogger<EtcdUpkeep>.Instance);
        await upkeep.TendAsync(default);
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name is "Mill.State.Etcd") listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            seen[string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => tag.Value)])] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.InRange(seen["mill.etcd.db_size one"], 1, long.MaxValue);
        Assert.InRange(seen["mill.etcd.db_size_in_use one"], 1, seen["mill.etcd.db_size one"]);
        Assert.Equal(Options.QuotaBytes, seen["mill.etcd.quota"]);
        Assert.Equal(0, seen["mill.etcd.alarms"]);
    }

    [Fact]
    public async Task A_database_that_is_full_of_the_past_takes_writes_again_without_anybodys_help()
    {
        const long Quota = 64 << 20;
        await using var server = await EtcdServer.StartAsync("--quota-backend-bytes", $"{Quota}");
        await using var store = new EtcdStateStore(server.Options, TimeProvider.System);
        var start = await store.GetRevisionAsync(default);
        await FillAsync(store);
        var latest = await store.FindAsync("0", default);
        Assert.Contains(await store.Members.ListAlarmsAsync(default), alarm => alarm.Kind is "NOSPACE");

        var own = new OwnEtcdMember("one", Path.GetTempPath(), EtcdNeighbours.None);
        using var upkeep = new EtcdUpkeep(store, new() { Own = own, QuotaBytes = Quota, IntervalWhenFull = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, NullLogger<EtcdUpkeep>.Instance);
        using var stop = new CancellationTokenSource();
        var tending = upkeep.RunAsync(stop.Token);
        await Until.TrueAsync("the alarm is taken back", TimeSpan.FromSeconds(30), async () => (await store.Members.ListAlarmsAsync(default)).Count is 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tending);

        Assert.True((await store.CommitAsync(new([new("new", 0)], [new("new", new byte[1 << 20])]), default)).Succeeded);
        Assert.InRange((await store.Members.ReadStatusAsync(server.Endpoint, default)).DatabaseBytes, 1, Quota / 4);
        var kept = await store.FindAsync("0", default);
        Assert.Equal((latest?.Revision, true), (kept?.Revision, kept!.Value.Value.Span.SequenceEqual(latest!.Value.Value.Span)));
        await Assert.ThrowsAsync<WatchCompactedException>(() => FirstAsync(store, start));
    }

    /// <summary>The same few keys over and over.</summary>
    private static async Task FillAsync(EtcdStateStore store)
    {
        var failure = await Assert.ThrowsAsync<MillException>(async () =>
        {
            while (true)
            {
                var (expected, value) = ((await store.FindAsync("0", default))?.Revision ?? 0, RandomNumberGenerator.GetBytes(1 << 20));
                Assert.True((await store.CommitAsync(new([new("0", expected)], [.. Enumerable.Range(0, 7).Select(key => new StoreWrite($"{key}", value))]), default)).Succeeded);
            }
        });
        Assert.Equal(MillError.StorageFull, failure.Error);
    }

    private static async Task<StoreEvent> FirstAsync(EtcdStateStore store, long after)
    {
        await foreach (var commit in store.WatchAsync("", after, default)) return commit;
        throw new InvalidOperationException("The watch ended.");
    }
}
