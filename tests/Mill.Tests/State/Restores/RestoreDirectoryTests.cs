using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Backups;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.State.Replica;
using Mill.State.Restores;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Tests.Core.Backups;
using Xunit;

namespace Mill.Tests.State.Restores;

/// <summary>Restoring into the embedded engine's own files.</summary>
public sealed class RestoreDirectoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_restored_directory_opens_with_everything()
    {
        await RestoreAsync();

        await using var store = EmbeddedStateStore.Open(_directory.Path);
        var state = await (await LocalState.LoadAsync(store, new ManualTime(), NullLoggerFactory.Instance, default)).ReadAsync(default);
        Assert.Equal(States.Text(BackedUp.State), States.Text(state with { Revision = BackedUp.State.Revision }));
    }

    [Fact]
    public async Task A_watcher_that_resumes_from_before_or_after_the_backup_is_told_to_start_over()
    {
        await RestoreAsync();
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        var state = await LocalState.LoadAsync(store, new ManualTime(), NullLoggerFactory.Instance, default);
        var now = (await state.ReadAsync(default)).Revision;

        foreach (var position in new[] { 1, BackedUp.State.Revision, BackedUp.State.Revision + 1000 })
        {
            Assert.True(position < now);
            await foreach (var advance in state.FollowAsync(position, default))
            {
                Assert.True(advance.IsReset);
                break;
            }
        }
    }

    [Fact]
    public async Task A_directory_that_is_missing_is_made()
    {
        var path = _directory.File("new/data");
        await RestoreAsync(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task Anything_else_in_the_directory_is_named_and_left_alone()
    {
        await File.WriteAllTextAsync(_directory.File("dev.token"), "x");

        var refusal = await Assert.ThrowsAsync<MillException>(() => RestoreAsync());
        Assert.Equal(MillError.PreconditionFailed, refusal.Error);
        Assert.Contains("dev.token", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([_directory.File("dev.token")], Directory.GetFiles(_directory.Path));
        Assert.Contains("it is a file", Assert.Throws<MillException>(() => RestoreDirectory.RequireFree(_directory.File("dev.token"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_empty_disk_and_an_earlier_restore_leave_is_no_obstacle()
    {
        Directory.CreateDirectory(_directory.File("lost+found"));
        await using (var store = await RestoreDirectory.OpenAsync(_directory.Path, BackedUp.State.Revision, default))
        {
            // The first step of a restore, and no more.
            await store.CommitAsync(new([], [new(new Mill.Core.Model.RestoreKey().ToString(), "{}"u8.ToArray())]), default);
        }
        await RestoreAsync();
        await using var again = EmbeddedStateStore.Open(_directory.Path);
        Assert.NotNull((await (await LocalState.LoadAsync(again, new ManualTime(), NullLoggerFactory.Instance, default)).ReadAsync(default)).Cluster);
    }

    [Fact]
    public async Task A_store_whose_revisions_are_too_low_is_refused()
    {
        await using (EmbeddedStateStore.Open(_directory.Path))
        {
        }
        Assert.Contains("too low", (await Assert.ThrowsAsync<MillException>(() => RestoreAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_in_use_is_refused()
    {
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        Assert.Equal(MillError.DataDirectoryInUse, (await Assert.ThrowsAsync<MillException>(() => RestoreAsync())).Error);
    }

    private async Task RestoreAsync(string? path = null)
    {
        using var from = new MemoryStream(await BackedUp.BytesAsync());
        using var backup = await BackupReader.OpenAsync(from, BackedUp.Name, default);
        await using var store = await RestoreDirectory.OpenAsync(path ?? _directory.Path, backup.Header.Revision, default);
        await StoreRestore.RunAsync(store, backup, default);
    }
}
