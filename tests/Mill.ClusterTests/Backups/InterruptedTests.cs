using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Backups;

/// <summary>SIGKILL and full disks in the middle of a backup, and in the middle of a restore.</summary>
public sealed class InterruptedTests(Announcements announcements) : IClassFixture<Announcements>, IDisposable
{
    private const int Secrets = 120;
    private const int Size = 100_000;

    private readonly Sandbox _sandbox = new();

    private string File => Path.Combine(_sandbox.Root, "mill.backup");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_killed_backup_leaves_nothing_with_its_name_and_the_next_one_succeeds()
    {
        await using var server = await FilledAsync();
        for (var count = 1; count < 40; count += 6)
        {
            await KillWhenAsync(_sandbox.Root, "mill.backup*", count, CommandLine.Start(_sandbox, server, "backup", File));
            if (System.IO.File.Exists(File)) (await CommandLine.RunAsync(_sandbox, null, "backup", "verify", File)).Is(0);
            (await CommandLine.RunAsync(_sandbox, server, "backup", File, "--force")).Is(0);
            Assert.Equal([File], Directory.GetFiles(_sandbox.Root, "mill.backup*"));
            (await CommandLine.RunAsync(_sandbox, null, "backup", "verify", File)).Is(0);
            System.IO.File.Delete(File);
        }
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_leaves_no_backup_and_the_old_one_stays()
    {
        await using (var server = await FilledAsync())
        {
            (await CommandLine.RunAsync(_sandbox, server, "backup", File)).Is(0);
            var before = await System.IO.File.ReadAllBytesAsync(File);
            await using var backup = CommandLine.Start(_sandbox, server, "backup", File, "--force");
            // Stopped first, so that the rest of the answer cannot come before the end does.
            using (var events = new FileEvents(_sandbox.Root, "mill.backup.incomplete", 2, server.Process.Kill)) await Task.WhenAny(events.Reached, backup.ExitAsync());
            var exitCode = await backup.ExitAsync();
            var after = await System.IO.File.ReadAllBytesAsync(File);
            Assert.True(exitCode is 0 or 9, backup.Errors);
            if (exitCode == 9) Assert.Equal(before, after);
            announcements.Say($"The command ended with {exitCode}.");
        }
        Assert.Equal([File], Directory.GetFiles(_sandbox.Root, "mill.backup*"));
        (await CommandLine.RunAsync(_sandbox, null, "backup", "verify", File)).Is(0);
    }

    [Fact]
    public async Task A_killed_restore_is_never_opened_as_a_whole_store_and_the_next_one_succeeds()
    {
        await using (var server = await FilledAsync()) (await CommandLine.RunAsync(_sandbox, server, "backup", File)).Is(0);
        var (refused, empty, whole) = (0, 0, 0);
        for (var count = 1; count < 120; count += 14)
        {
            Directory.Delete(_sandbox.Data, recursive: true);
            Directory.CreateDirectory(_sandbox.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await KillWhenAsync(_sandbox.Data, "*", count, CommandLine.Start(_sandbox, null, "restore", File, "--data-dir", _sandbox.Data));
            using (var copy = _sandbox.Copy())
            {
                switch (await TryAsync(copy))
                {
                    case null: refused++; break;
                    case 0: empty++; break;
                    case Secrets: whole++; break;
                    case var some: Assert.Fail($"A store with {some} secrets was opened."); break;
                }
            }
            var said = await CommandLine.RunAsync(_sandbox, null, "restore", File, "--data-dir", _sandbox.Data);
            Assert.True(said.ExitCode is 0 or 6, said.ToString());
            Assert.Equal(Secrets, await TryAsync(_sandbox));
        }
        announcements.Say($"{refused} refused as half, {empty} still empty, {whole} whole already");
        Assert.InRange(refused, 1, int.MaxValue);
    }

    [MountFact]
    public async Task A_restore_onto_a_disk_that_is_too_small_says_so_and_succeeds_once_there_is_space()
    {
        await using (var server = await FilledAsync()) (await CommandLine.RunAsync(_sandbox, server, "backup", File)).Is(0);
        foreach (var space in (string[])["16k", "64k", "1m", "6m", "14m"])
        {
            using var target = new Sandbox();
            Directory.CreateDirectory(Path.GetDirectoryName(target.KeyFile)!);
            System.IO.File.Copy(_sandbox.KeyFile, target.KeyFile);
            using var disk = Mount.Small(target.Data, space);
            var said = (await CommandLine.RunAsync(target, null, "restore", File, "--data-dir", target.Data)).Is(ExitCode.Unavailable);
            Assert.Contains("space", said.Errors, StringComparison.Ordinal);
            disk.Resize("100m");
            (await CommandLine.RunAsync(target, null, "restore", File, "--data-dir", target.Data)).Is(0);
            Assert.Equal(Secrets, await TryAsync(target));
        }
    }

    [MountFact]
    public async Task A_backup_onto_a_full_disk_says_so_and_the_old_one_stays()
    {
        await using var server = await FilledAsync(count: 10);
        var place = Path.Combine(_sandbox.Root, "backups");
        using var disk = Mount.Small(place, "3m");
        var file = Path.Combine(place, "mill.backup");
        (await CommandLine.RunAsync(_sandbox, server, "backup", file)).Is(0);
        var before = await System.IO.File.ReadAllBytesAsync(file);

        await FillAsync(server.Api, "more", 10);
        var said = (await CommandLine.RunAsync(_sandbox, server, "backup", file, "--force")).Is(ExitCode.Unavailable);

        Assert.Contains("space", said.Errors, StringComparison.Ordinal);
        Assert.Contains(file, said.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(file));
        Assert.Equal([file], Directory.GetFiles(place));
    }

    private async Task<MillServer> FilledAsync(int count = Secrets)
    {
        var server = await MillServer.StartAsync(_sandbox);
        await FillAsync(server.Api, "secret", count);
        return server;
    }

    private static async Task FillAsync(MillApi api, string prefix, int count)
    {
        for (var i = 0; i < count; i++) Assert.Equal(201, (await api.SetAsync($"{prefix}/{i}", $"{i} {new string((char)('a' + (i % 26)), Size)}")).Status);
    }

    private static async Task KillWhenAsync(string directory, string filter, int count, MillProcess process)
    {
        await using var killed = process;
        using var events = new FileEvents(directory, filter, count, process.Kill);
        await Task.WhenAny(events.Reached, process.ExitAsync());
        await process.KillAsync();
    }

    /// <summary>How many secrets there are in a store that opens, every one of them readable; null for one that is refused as half restored.</summary>
    private static async Task<int?> TryAsync(Sandbox sandbox)
    {
        try
        {
            await using var server = await MillServer.StartAsync(sandbox);
            var report = (await server.Api.VerifyAsync()).Body!;
            Assert.True(report["sound"]!.GetValue<bool>(), report.ToJsonString());
            return report["secrets"]!.GetValue<int>();
        }
        catch (MillDidNotStartException refusal)
        {
            Manners.Require(refusal, ExitCode.Damaged, "half of a backup", "mill restore");
            return null;
        }
    }
}
