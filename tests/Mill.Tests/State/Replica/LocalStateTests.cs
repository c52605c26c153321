using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core;
using Xunit;

namespace Mill.Tests.State.Replica;

public sealed class LocalStateTests : IDisposable
{
    private const int Count = 1_000; // several batches

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Opening_loads_what_a_read_after_it_finds()
    {
        await FillAsync(new StoreWrite("/elsewhere", "no record"u8.ToArray()));
        var (store, local) = await OpenAsync(default);
        await using (store)
        {
            var state = await local.ReadAsync(default, default);
            var read = await StateLoad.RunAsync(store, default);
            Assert.Equal((read.Revision, read.HeadRevision, read.CommitTime), (state.Revision, state.HeadRevision, state.CommitTime));
            Assert.Equal(await store.GetRevisionAsync(default), state.Revision);
            Assert.Equal(Count, state.Secrets(TenantId.Default).VersionCount);
            foreach (var history in read.Secrets(TenantId.Default).Histories)
                Assert.Equal(RecordDigest.Of(history.Latest!), RecordDigest.Of(state.Find(new(TenantId.Default, history.Name))!.Latest!));
        }
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_stops_it_and_lets_go_of_the_directory()
    {
        var key = new SecretVersionKey(TenantId.Default, Name(Count - 1), 1).ToString();
        await FillAsync(new StoreWrite(key, "{}"u8.ToArray()));
        var damage = await Assert.ThrowsAsync<MillException>(() => OpenAsync(default));
        Assert.Equal(MillError.StorageDamaged, damage.Error);
        Assert.Contains(Name(Count - 1).Value, damage.Message, StringComparison.Ordinal);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        Assert.NotNull(await store.FindAsync(key, default));
    }

    [Fact]
    public async Task Histories_that_do_not_fit_together_stop_it_and_let_go_of_the_directory()
    {
        var second = Samples.Version(2, Count * 2, name: "alone");
        await FillAsync(new StoreWrite(second.Key.ToString(), RecordCodec.Encode(second)));
        Assert.Equal(MillError.StorageDamaged, (await Assert.ThrowsAsync<MillException>(() => OpenAsync(default))).Error);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
    }

    [Fact]
    public async Task It_can_be_cancelled_while_it_reads()
    {
        await FillAsync();
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LocalState.OpenAsync(visit => EmbeddedStateStore.Open(_directory.Path, null, (key, value, revision) =>
        {
            if (++seen == Count / 2) cancel.Cancel();
            visit(key, value, revision);
        }), new ManualTime(), NullLoggerFactory.Instance, cancel.Token));
        Assert.Equal(Count / 2, seen);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
    }

    private static SecretName Name(int number) => SecretName.Parse($"name-{number}");

    private Task<(EmbeddedStateStore Store, LocalState State)> OpenAsync(CancellationToken cancellationToken) =>
        LocalState.OpenAsync(visit => EmbeddedStateStore.Open(_directory.Path, null, visit), new ManualTime(), NullLoggerFactory.Instance, cancellationToken);

    private async Task FillAsync(params StoreWrite[] others)
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        var versions = Enumerable.Range(0, Count).Select(number => Samples.Version(1, number + 1, name: Name(number).Value));
        var head = new StoreWrite(new HeadKey().ToString(), RecordCodec.Encode(new HeadRecord { Batch = "b", CommitTime = new(Count) }));
        await store.CommitAsync(new([], [.. versions.Select(version => new StoreWrite(version.Key.ToString(), RecordCodec.Encode(version))), head]), default);
        if (others.Length > 0) await store.CommitAsync(new([], others), default);
    }
}
