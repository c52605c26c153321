using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Tests.State.Commits;
using Xunit;

namespace Mill.Tests.State.Replica;

public sealed class StateLoadTests
{
    private const int Count = 5_000;

    [Fact]
    public async Task Every_record_is_there_whoever_decoded_it()
    {
        await using var store = await FilledAsync();
        var state = await StateLoad.RunAsync(store, default);
        Assert.Equal((1, 1), (state.Revision, state.HeadRevision));
        Assert.Equal((Count, Count), (state.Secrets(TenantId.Default).ExistingCount, state.Secrets(TenantId.Default).VersionCount));
        for (var number = 0; number < Count; number++) Assert.Equal(number + 1L, state.Find(new(TenantId.Default, Name(number)))!.Current!.ValidFrom.Microseconds);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Count / 2)]
    [InlineData(Count - 1)]
    public async Task One_record_that_cannot_be_read_stops_the_load_wherever_it_stands(int number)
    {
        await using var store = await FilledAsync();
        await store.CommitAsync(new([], [new(new SecretVersionKey(TenantId.Default, Name(number), 1).ToString(), "{}"u8.ToArray())]), default);
        var damage = await Assert.ThrowsAsync<MillException>(async () => await StateLoad.RunAsync(store, default));
        Assert.Equal(MillError.StorageDamaged, damage.Error);
        Assert.Contains(Name(number).Value, damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_a_later_version_stops_the_load()
    {
        await using var store = await FilledAsync();
        await store.CommitAsync(new([], [new(RecordKey.Root + "later/1", "{}"u8.ToArray())]), default);
        Assert.Equal(MillError.LaterFormat, (await Assert.ThrowsAsync<MillException>(async () => await StateLoad.RunAsync(store, default))).Error);
    }

    [Fact]
    public async Task What_the_store_says_comes_through()
    {
        await using var store = new SlowStore { ReadFailure = () => new MillException(MillError.StorageUnavailable, "gone") };
        Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(async () => await StateLoad.RunAsync(store, default))).Error);
        await using var other = await FilledAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await StateLoad.RunAsync(other, new(canceled: true)));
    }

    private static SecretName Name(int number) => SecretName.Parse($"name-{number}");

    private static async Task<InMemoryStateStore> FilledAsync()
    {
        var store = new InMemoryStateStore();
        var versions = Enumerable.Range(0, Count).Select(number => Samples.Version(1, number + 1, name: Name(number).Value));
        var head = new StoreWrite(new HeadKey().ToString(), RecordCodec.Encode(new HeadRecord { Batch = "b", CommitTime = new(Count) }));
        await store.CommitAsync(new([], [.. versions.Select(version => new StoreWrite(version.Key.ToString(), RecordCodec.Encode(version))), head]), default);
        return store;
    }
}
