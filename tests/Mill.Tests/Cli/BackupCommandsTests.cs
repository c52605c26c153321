using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mill.Tests.Client;
using Mill.Tests.Core;
using Mill.Tests.Core.Backups;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill backup</c>, <c>mill backup verify</c> and <c>mill restore</c>, as one types them.</summary>
public sealed class BackupCommandsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string File => _directory.File("mill.backup");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_backup_is_written_for_its_owner_and_verified()
    {
        await using var mill = await MillWithAsync(await BackedUp.BytesAsync());
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("backup", File));
        Assert.Contains("revision 42, 4 secrets, 7 versions, 2 tokens", session.Output, StringComparison.Ordinal);
        Assert.Equal(await BackedUp.BytesAsync(), await System.IO.File.ReadAllBytesAsync(File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal([File], Directory.GetFiles(_directory.Path));

        var verify = new Session();
        Assert.Equal(0, await verify.RunAsync("backup", "verify", File));
        Assert.StartsWith("sound: 4 secrets, 7 versions, 1 destroyed, 2 tokens", verify.Output, StringComparison.Ordinal);
        Assert.Contains("no version was opened", verify.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_stays_unless_it_is_forced()
    {
        await using var mill = await MillWithAsync(await BackedUp.BytesAsync());
        await System.IO.File.WriteAllTextAsync(File, "mine");
        Assert.Equal(6, await Session.With(mill).RunAsync("backup", File));
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File));
        Assert.Empty(mill.Seen);
        Assert.Equal(0, await Session.With(mill).RunAsync("backup", File, "--force"));
        Assert.Equal(0, await new Session().RunAsync("backup", "verify", File));
    }

    [Fact]
    public async Task What_comes_incomplete_replaces_nothing_and_leaves_nothing()
    {
        var bytes = await BackedUp.BytesAsync();
        await System.IO.File.WriteAllTextAsync(File, "mine");
        foreach (var length in new[] { 0, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            await using var mill = await MillWithAsync(bytes[..length]);
            var session = Session.With(mill);
            Assert.Equal(11, await session.RunAsync("backup", File, "--force", "--json"));
            Assert.Contains("backup_rejected", session.Error, StringComparison.Ordinal);
            Assert.Contains(File, session.Error, StringComparison.Ordinal);
        }
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal([File], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_said_to_have_broken()
    {
        var bytes = (await BackedUp.BytesAsync())[..1000];
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        foreach (var place in new[] { File, "-" })
        {
            var answering = AnswerHalfAsync(listener, bytes);
            var session = new Session { Variables = { ["MILL_ADDRESS"] = $"http://{listener.LocalEndpoint}", ["MILL_TOKEN"] = FakeMill.Token } };
            Assert.Equal(9, await session.RunAsync("backup", place));
            Assert.Contains("lost before everything had come", session.Error, StringComparison.Ordinal);
            await answering;
        }
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task The_standard_output_gets_the_same_bytes_and_the_screen_none()
    {
        var bytes = await BackedUp.BytesAsync();
        await using var mill = await MillWithAsync(bytes);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("backup", "-"));
        Assert.Equal(bytes, session.OutputBytes);
        Assert.Contains("revision 42", session.Error, StringComparison.Ordinal);

        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(2, await screen.RunAsync("backup", "-"));
        Assert.Equal("", screen.Output);

        await using var half = await MillWithAsync(bytes[..^10]);
        Assert.Equal(11, await Session.With(half).RunAsync("backup", "-"));
    }

    [Fact]
    public async Task No_name_a_device_and_a_directory_are_refused()
    {
        await using var mill = await MillWithAsync(await BackedUp.BytesAsync());
        foreach (var args in new string[][] { ["backup"], ["backup", "/dev/null", "--force"], ["backup", _directory.Path, "--force"] }) Assert.Equal(2, await Session.With(mill).RunAsync(args));
        Assert.Equal(10, await Session.With(mill).RunAsync("backup", _directory.File("missing/file")));
        Assert.Equal(3, await new Session().RunAsync("backup", "verify", _directory.File("missing")));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_backup_in_which_not_everything_fits_is_kept_and_said_to_be_so()
    {
        var history = Samples.History(3);
        var bytes = await BackedUp.BytesAsync(BackedUp.State with { Tenants = States.With(history with { Versions = history.Versions.RemoveAt(1) }).Tenants });
        await using var mill = await MillWithAsync(bytes);
        var session = Session.With(mill);
        Assert.Equal(11, await session.RunAsync("backup", File));
        Assert.Contains("version 2 is missing", session.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(File));

        var verify = new Session();
        Assert.Equal(11, await verify.RunAsync("backup", "verify", File, "--json"));
        Assert.False(JsonDocument.Parse(verify.Output).RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(11, await new Session().RunAsync("restore", File, "--data-dir", _directory.File("data")));
        Assert.False(Directory.Exists(_directory.File("data")));
    }

    [Fact]
    public async Task A_restored_directory_is_one_that_a_second_restore_refuses()
    {
        await System.IO.File.WriteAllBytesAsync(File, await BackedUp.BytesAsync());
        var session = new Session();
        Assert.Equal(0, await session.RunAsync("restore", File, "--data-dir", _directory.File("data"), "--json"));
        Assert.Equal(_directory.File("data"), JsonDocument.Parse(session.Output).RootElement.GetProperty("data_dir").GetString());
        Assert.Contains("0011223344556677", session.Error, StringComparison.Ordinal);
        Assert.Equal(6, await new Session().RunAsync("restore", File, "--data-dir", _directory.File("data")));
    }

    [Fact]
    public async Task A_damaged_backup_is_not_even_begun_to_be_restored()
    {
        var bytes = await BackedUp.BytesAsync();
        bytes[bytes.Length / 2] ^= 1;
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        var session = new Session();
        Assert.Equal(11, await session.RunAsync("restore", File, "--data-dir", _directory.File("data")));
        Assert.Contains(File, session.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("data")));
    }

    [Theory]
    [InlineData("--backup-every", "1h")]
    [InlineData("--backup-keep", "3")]
    [InlineData("--backup-every", "soon", "--backup-dir", "x")]
    [InlineData("--backup-keep", "0", "--backup-dir", "x")]
    [InlineData("--backup-dir", "")]
    public async Task A_schedule_that_cannot_be_meant_is_refused(params string[] options)
    {
        var session = new Session { Variables = { ["HOME"] = _directory.Path } };
        Assert.Equal(2, await session.RunAsync(["dev", .. options]));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_place_where_no_backup_can_be_is_told_at_the_start()
    {
        await System.IO.File.WriteAllTextAsync(File, "a file");
        var session = new Session { Variables = { ["HOME"] = _directory.Path, ["MILL_BACKUP_DIR"] = File } };
        Assert.Equal(10, await session.RunAsync("dev", "--listen", "127.0.0.1:0"));
        Assert.Contains(File, session.Error, StringComparison.Ordinal);
    }

    /// <summary>Says that more will come than does, and hangs up.</summary>
    private static async Task AnswerHalfAsync(TcpListener listener, byte[] half)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        var request = new byte[4096];
        for (var read = 0; !request.AsSpan(0, read).EndsWith("\r\n\r\n"u8);) read += await stream.ReadAsync(request.AsMemory(read));
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {half.Length + 1}\r\n\r\n"));
        await stream.WriteAsync(half);
    }

    private static async Task<FakeMill> MillWithAsync(byte[] backup)
    {
        var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/backup", async context => await context.Response.Body.WriteAsync(backup));
        return mill;
    }
}
