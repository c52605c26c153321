using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.State.Restores;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Tests.Core.Backups;
using Xunit;

namespace Mill.Tests.State.Restores;

/// <summary>A restored store holds what the backup holds, and half a restored one is never opened as a whole.</summary>
public sealed class StoreRestoreTests
{
    /// <summary>Enough entries, and large enough ones, that it takes many transactions.</summary>
    private static ClusterState Large { get; } = BackedUp.State with
    {
        Tenants = States.With([.. Enumerable.Range(0, 1300).Select(i => One($"n{i}", size: 20)), .. Enumerable.Range(0, 12).Select(i => One($"large{i}", size: 256 * 1024))]).Tenants,
    };

    [Fact]
    public async Task What_was_backed_up_is_there_and_loads()
    {
        await using var store = new InMemoryStateStore();
        await RestoreAsync(store, BackedUp.State);

        var state = await LoadAsync(store);
        Assert.Equal(States.Text(BackedUp.Kept(BackedUp.State)), States.Text(state with { Revision = BackedUp.State.Revision }));
        Assert.Null(await store.FindAsync(new RestoreKey().ToString(), default));
    }

    [Fact]
    public async Task Commits_go_on_after_the_time_of_the_backup()
    {
        await using var store = new InMemoryStateStore();
        await RestoreAsync(store, BackedUp.State);
        var behind = new ManualTime(DateTimeOffset.UnixEpoch);
        var local = await LocalState.LoadAsync(store, behind, NullLoggerFactory.Instance, default);
        using var stop = new CancellationTokenSource();
        var committing = local.RunAsync(stop.Token);

        await local.CommitAsync(new Touch(), default);

        Assert.True((await local.ReadAsync(default)).CommitTime > BackedUp.State.CommitTime);
        await stop.CancelAsync();
        await committing;
    }

    [Fact]
    public async Task Every_transaction_is_one_that_any_engine_takes()
    {
        var transactions = new List<StoreTransaction>();
        await using var store = Watched(transactions.Add);
        await RestoreAsync(store, Large);

        Assert.True(transactions.Count > 5, $"{transactions.Count}");
        Assert.All(transactions, transaction =>
        {
            Assert.InRange(transaction.Writes.Count + transaction.Preconditions.Count, 1, 1024);
            Assert.InRange(transaction.Writes.Sum(write => write.Key.Length + (write.Value?.Length ?? 0)), 1, 3 << 19);
        });
        Assert.Equal(States.Text(BackedUp.Kept(Large)), States.Text(await LoadAsync(store) with { Revision = Large.Revision }));
    }

    [Theory]
    [InlineData(StoreFault.Full)]
    [InlineData(StoreFault.RequestLost)]
    [InlineData(StoreFault.ReplyLost)]
    public async Task However_far_a_restore_came_the_store_is_empty_or_refused_or_whole_and_another_run_makes_it_whole(StoreFault fault)
    {
        var bytes = await BackedUp.BytesAsync(Large);
        for (var failing = 0; ; failing++)
        {
            var commits = 0;
            await using var store = new InMemoryStateStore { Fault = _ => commits++ == failing ? fault : null };
            if (await TryRestoreAsync(store, bytes) is not { } failure) return;
            Assert.True(failure.Error is MillError.StorageFull or MillError.OutcomeUnknown, failure.Message);

            var isWhole = await IsWholeAsync(store);
            if (!isWhole) await RestoreAsync(store, bytes);
            Assert.Equal(isWhole, fault is StoreFault.ReplyLost && isWhole);
            Assert.Equal(States.Text(BackedUp.Kept(Large)), States.Text(await LoadAsync(store) with { Revision = Large.Revision }));
        }
    }

    [Fact]
    public async Task A_restore_that_was_interrupted_twice_and_then_is_of_another_backup_leaves_nothing_of_the_first()
    {
        var commits = 0;
        await using var store = new InMemoryStateStore { Fault = _ => commits++ is 3 or 6 ? StoreFault.Full : null };
        var large = await BackedUp.BytesAsync(Large);
        Assert.NotNull(await TryRestoreAsync(store, large));
        Assert.NotNull(await TryRestoreAsync(store, large));

        await RestoreAsync(store, BackedUp.State);

        Assert.Equal(States.Text(BackedUp.Kept(BackedUp.State)), States.Text(await LoadAsync(store) with { Revision = BackedUp.State.Revision }));
        Assert.Equal(22, (await store.ReadAsync(RecordKey.Root, default)).Entries.Count); // the twenty-one of the backup, and the head
    }

    [Fact]
    public async Task A_store_that_holds_anything_is_refused_and_left_as_it_is()
    {
        await using var store = new InMemoryStateStore();
        await store.CommitAsync(new([], [new("/mill/v1/tokens/t", "{}"u8.ToArray())]), default);

        Assert.Equal(MillError.PreconditionFailed, (await TryRestoreAsync(store, await BackedUp.BytesAsync()))!.Error);
        Assert.Equal(1, await store.GetRevisionAsync(default));
    }

    [Fact]
    public async Task A_whole_store_is_not_restored_over()
    {
        await using var store = new InMemoryStateStore();
        await RestoreAsync(store, BackedUp.State);
        var revision = await store.GetRevisionAsync(default);

        Assert.Equal(MillError.PreconditionFailed, (await TryRestoreAsync(store, await BackedUp.BytesAsync()))!.Error);
        Assert.Equal(revision, await store.GetRevisionAsync(default));
    }

    [Fact]
    public async Task Of_two_restores_at_once_the_first_is_stopped_and_the_second_is_whole()
    {
        var bytes = await BackedUp.BytesAsync(Large);
        InMemoryStateStore store = null!;
        var (commits, second) = (0, Task.CompletedTask);
        await using var shared = store = new InMemoryStateStore
        {
            Fault = _ =>
            {
                if (commits++ == 3) second = RestoreAsync(store, bytes);
                return null;
            },
        };

        var failure = await TryRestoreAsync(store, bytes);
        await second;

        Assert.Equal(MillError.PreconditionFailed, failure!.Error);
        Assert.Equal(States.Text(BackedUp.Kept(Large)), States.Text(await LoadAsync(store) with { Revision = Large.Revision }));
    }

    [Fact]
    public async Task A_server_that_begins_to_use_the_store_stops_the_restore()
    {
        InMemoryStateStore store = null!;
        var commits = 0;
        await using var shared = store = new InMemoryStateStore
        {
            Fault = _ =>
            {
                if (commits++ == 3) Assert.True(store.CommitAsync(new([], [new(new HeadKey().ToString(), RecordCodec.Encode(new HeadRecord { Batch = "other", CommitTime = new(1) }))]), default).AsTask().Result.Succeeded);
                return null;
            },
        };

        Assert.Equal(MillError.PreconditionFailed, (await TryRestoreAsync(store, await BackedUp.BytesAsync(Large)))!.Error);
        Assert.False(await IsWholeAsync(store));
    }

    [Fact]
    public async Task A_backup_that_turns_out_damaged_leaves_a_store_that_is_refused()
    {
        var bytes = await BackedUp.BytesAsync(Large);
        bytes[^20] ^= 1;
        await using var store = new InMemoryStateStore();

        Assert.Equal(MillError.BackupRejected, (await TryRestoreAsync(store, bytes))!.Error);

        var refusal = await Assert.ThrowsAsync<MillException>(() => LoadAsync(store));
        Assert.Equal(MillError.StorageDamaged, refusal.Error);
        Assert.Contains("half of a backup", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("mill restore", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_full_of_something_else_is_gone_on_with_once_there_is_room()
    {
        var (commits, made) = (0, 0);
        await using var store = new InMemoryStateStore { Fault = _ => ++commits is 3 or 4 ? StoreFault.Full : null };
        using var from = new MemoryStream(await BackedUp.BytesAsync(Large));
        using var backup = await BackupReader.OpenAsync(from, BackedUp.Name, default);
        await StoreRestore.RunAsync(store, backup, _ => Task.FromResult(made++), default);
        Assert.Equal(2, made);
        Assert.True(await IsWholeAsync(store));
    }

    [Fact]
    public async Task Where_there_will_be_no_room_that_is_the_end_of_it()
    {
        await using var store = new InMemoryStateStore { Fault = static _ => StoreFault.Full };
        using var from = new MemoryStream(await BackedUp.BytesAsync(Large));
        using var backup = await BackupReader.OpenAsync(from, BackedUp.Name, default);
        var refusal = new MillException(MillError.StorageFull, "It stays full.");
        Assert.Same(refusal, await Assert.ThrowsAsync<MillException>(() => StoreRestore.RunAsync(store, backup, _ => throw refusal, default)));
        Assert.False(await IsWholeAsync(store));
    }

    private static SecretHistory One(string name, int size) => new(SecretName.Parse(name)) { Versions = [Samples.Version(1, 10, name: name) with { Ciphertext = new byte[size] }] };

    private static InMemoryStateStore Watched(Action<StoreTransaction> see) => new()
    {
        Fault = transaction =>
        {
            see(transaction);
            return null;
        },
    };

    private static async Task RestoreAsync(IStateStore store, ClusterState state) => await RestoreAsync(store, await BackedUp.BytesAsync(state));

    private static async Task RestoreAsync(IStateStore store, byte[] bytes)
    {
        using var from = new MemoryStream(bytes);
        using var backup = await BackupReader.OpenAsync(from, BackedUp.Name, default);
        await StoreRestore.RunAsync(store, backup, default);
    }

    private static async Task<MillException?> TryRestoreAsync(IStateStore store, byte[] bytes)
    {
        try
        {
            await RestoreAsync(store, bytes);
            return null;
        }
        catch (MillException e)
        {
            return e;
        }
    }

    /// <summary>False where nothing is there, or a loader refuses what is.</summary>
    private static async Task<bool> IsWholeAsync(IStateStore store)
    {
        try
        {
            return (await LoadAsync(store)).Cluster is not null;
        }
        catch (MillException e) when (e.Error is MillError.StorageDamaged)
        {
            return false;
        }
    }

    private static async Task<ClusterState> LoadAsync(IStateStore store) => await (await LocalState.LoadAsync(store, new ManualTime(), NullLoggerFactory.Instance, default)).ReadAsync(default);

    private sealed class Touch : StateCommand<int>
    {
        public override Decision<int> Decide(ClusterState state, Timestamp now) => new(0, [new(new RetentionKey(TenantId.Default), new RetentionRecord { Tenant = TenantId.Default })]);
    }
}
