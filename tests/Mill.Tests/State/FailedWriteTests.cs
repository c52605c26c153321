using Mill.Secrets;
using Mill.State.Embedded;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

/// <summary>A disk that refuses writes in the middle of a commit.</summary>
public sealed class FailedWriteTests : IDisposable
{
    private const int InputOutputError = 5;
    private const int NoSpace = 28;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_commit_that_fails_on_the_way_to_the_disk_is_unknown_and_stops_the_store_until_it_is_opened_again()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        Assert.Null(await TryCommit(store, "a"));
        Assert.False(store.Failure.IsCompleted);
        using (new FailingWrites(_directory.File("mill.db-wal"), InputOutputError))
            Assert.Equal(MillError.OutcomeUnknown, (await TryCommit(store, "b"))?.Error);
        await Assert.ThrowsAsync<MillException>(() => store.Failure); // the server ends with it

        Assert.Equal(MillError.StorageUnavailable, (await TryCommit(store, "c"))?.Error);
        Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(async () => await store.ReadAsync("", default))).Error);
        Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(async () => await store.GetRevisionAsync(default))).Error);
        await store.DisposeAsync();

        await using var again = EmbeddedStateStore.Open(_directory.Path);
        Assert.Contains((await again.ReadAsync("", default)).Entries, entry => entry.Key == "a");
        Assert.Null(await TryCommit(again, "d"));
    }

    [Fact]
    public async Task Running_out_of_space_stops_nothing()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        using (new FailingWrites(_directory.File("mill.db-wal"), NoSpace))
            Assert.Equal(MillError.StorageFull, (await TryCommit(store, "a"))?.Error);

        Assert.Equal(0, await store.GetRevisionAsync(default));
        Assert.Null(await TryCommit(store, "a"));
        Assert.Equal(1, await store.GetRevisionAsync(default));
    }

    [Fact]
    public async Task A_checkpoint_that_fails_costs_no_commit()
    {
        await using (var store = EmbeddedStateStore.Open(_directory.Path, new EmbeddedOptions { CheckpointPages = 1 }))
        {
            using (new FailingWrites(_directory.File("mill.db"), NoSpace))
            {
                for (var i = 0; i < 20; i++)
                    Assert.Null(await TryCommit(store, $"{i}"));
            }

            Assert.Null(await TryCommit(store, "end"));
        }

        await using var again = EmbeddedStateStore.Open(_directory.Path);
        Assert.Equal(21, (await again.ReadAsync("", default)).Entries.Count);
    }

    private static async Task<MillException?> TryCommit(EmbeddedStateStore store, string key)
    {
        try
        {
            await store.CommitAsync(new([], [new(key, new byte[100])]), default);
            return null;
        }
        catch (MillException failure)
        {
            return failure;
        }
    }
}
