using System.Diagnostics;
using Mill.Secrets;
using Mill.State.Embedded;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

/// <summary>Disks that are full, and places that are no place for a store. Those that need a mount say nothing where the tests do not run as root.</summary>
public sealed class StorageLimitsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(500)]
    [InlineData(1_000_000)] // no checkpoint before the disk is full: the log alone fills it
    public async Task A_full_disk_refuses_commits_and_recovers_by_itself(int checkpointPages)
    {
        using var mount = TryMount("-t", "tmpfs", "-o", "size=3m", "none");
        if (mount is null)
            return; // not root: no small disk to fill
        await using var store = EmbeddedStateStore.Open(_directory.Path, new EmbeddedOptions { CheckpointPages = checkpointPages });
        var value = new byte[20_000];
        var written = 0;
        MillException? full = null;
        while (full is null && written < 1_000)
        {
            full = await TryCommit(store, $"key/{written:D4}", value);
            written += full is null ? 1 : 0;
        }

        Assert.Equal(MillError.StorageFull, full?.Error);
        Assert.Contains(_directory.Path, full!.Message, StringComparison.Ordinal);
        Assert.Equal(MillError.StorageFull, (await TryCommit(store, "large", new byte[500_000]))?.Error);
        await RequireCount(store, written);
        using (var crashed = _directory.Copy())
        {
            await using var afterwards = EmbeddedStateStore.Open(crashed.Path);
            await RequireCount(afterwards, written);
        }

        Run("mount", "-o", "remount,size=30m", _directory.Path);
        Assert.Null(await TryCommit(store, "large", new byte[500_000]));
        await RequireCount(store, written + 1);
    }

    [Fact]
    public async Task Opening_on_a_full_disk_says_so_and_leaves_no_broken_store_behind()
    {
        using var mount = TryMount("-t", "tmpfs", "-o", "size=64k", "none");
        if (mount is null)
            return; // not root
        await File.WriteAllBytesAsync(_directory.File("filler"), new byte[40_000]);
        Assert.Equal(MillError.StorageFull, Assert.Throws<MillException>(() => EmbeddedStateStore.Open(_directory.Path)).Error);
        Run("mount", "-o", "remount,size=1m", _directory.Path);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
        Assert.Null(await TryCommit(store, "a", [1]));
    }

    [Fact]
    public async Task A_read_only_directory_is_refused_with_its_name()
    {
        await EmbeddedStateStore.Open(_directory.Path).DisposeAsync();
        using var mount = TryMount("--bind", _directory.Path);
        if (mount is null)
            return; // not root
        Run("mount", "-o", "remount,bind,ro", _directory.Path);
        RequireUnavailable(_directory.Path);
        Run("mount", "-o", "remount,bind,rw", _directory.Path);
        await using var store = EmbeddedStateStore.Open(_directory.Path);
    }

    [Fact]
    public async Task A_path_that_is_no_usable_directory_is_refused_with_its_name()
    {
        await File.WriteAllTextAsync(_directory.File("file"), "");
        RequireUnavailable(_directory.File("file"));
        RequireUnavailable(_directory.File("file/below"));
        RequireUnavailable("/proc/mill");
    }

    private static async Task<MillException?> TryCommit(EmbeddedStateStore store, string key, byte[] value)
    {
        try
        {
            await store.CommitAsync(new([], [new(key, value)]), None);
            return null;
        }
        catch (MillException failure)
        {
            return failure;
        }
    }

    private static async Task RequireCount(EmbeddedStateStore store, int count)
    {
        Assert.Equal(count, await store.GetRevisionAsync(None));
        Assert.Equal(count, (await store.ReadAsync("", None)).Entries.Count);
    }

    private static void RequireUnavailable(string path)
    {
        var failure = Assert.Throws<MillException>(() => EmbeddedStateStore.Open(path));
        Assert.Equal(MillError.StorageUnavailable, failure.Error);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }

    private Mount? TryMount(params string[] arguments)
        => Environment.IsPrivilegedProcess && Run("mount", [.. arguments, _directory.Path]) ? new Mount(_directory.Path) : null;

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private sealed class Mount(string path) : IDisposable
    {
        public void Dispose() => Run("umount", "--lazy", path);
    }
}
