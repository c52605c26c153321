using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Ports;
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
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen[string.Join(' ', [instrument.Name, .. tags.ToArray().Select(tag => tag.Value)])] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.InRange(seen["mill.etcd.db_size one"], 1, long.MaxValue);
        Assert.InRange(seen["mill.etcd.db_size_in_use one"], 1, seen["mill.etcd.db_size one"]);
        Assert.Equal(Options.QuotaBytes, seen["mill.etcd.quota"]);
        Assert.Equal(0, seen["mill.etcd.alarms"]);
    }

    private static async Task<StoreEvent> FirstAsync(EtcdStateStore store, long after)
    {
        await foreach (var commit in store.WatchAsync("", after, default)) return commit;
        throw new InvalidOperationException("The watch ended.");
    }
}
