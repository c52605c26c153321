using System.Net;
using System.Text;
using Mill.Commands;
using Mill.Hosting;
using Mill.Interaction;
using Mill.Vault;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class DevWelcomeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill welcome ").FullName;
    private readonly MemoryStream _error = new();

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _error.Dispose();
    }

    [Fact]
    public async Task A_profile_that_cannot_be_written_is_a_warning_and_a_line_to_paste()
    {
        // A directory stands where the file belongs.
        Directory.CreateDirectory(Path.Combine(_directory, "profile.json", "x"));
        var said = await ShowAsync(isSealed: false);
        Assert.Contains("warning: the profile cannot be written: ", said, StringComparison.Ordinal);
        Assert.Contains($"export MILL_ADDRESS=http://127.0.0.1:1 MILL_TOKEN=\"$(cat '{_directory}/data/dev.token')\"", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_profile_is_not_called_another_server()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "profile.json"), "not json");
        var said = await ShowAsync(isSealed: false);
        Assert.Contains("is not one and was left alone", said, StringComparison.Ordinal);
        Assert.DoesNotContain("names another", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sealed_server_is_not_called_ready()
    {
        var said = await ShowAsync(isSealed: true);
        Assert.EndsWith("Sealed; waiting for the key. See: mill status\n", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Ready", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_and_tokens_do_not_become_text()
    {
        var texts = new object[] { Options with { MasterKey = "canary" }, Ready(isSealed: false), new DevDocument("a", "canary", "d", Sealed: false) };
        Assert.All(texts, text => Assert.DoesNotContain("canary", $"{text}", StringComparison.Ordinal));
    }

    private DevOptions Options => new() { DataDirectory = Path.Combine(_directory, "data"), Listen = new(IPAddress.Loopback, 1), MasterKeyFile = Path.Combine(_directory, "key") };

    private async Task<string> ShowAsync(bool isSealed)
    {
        var terminal = new Terminal(Stream.Null, Stream.Null, _error);
        var host = new CliHost(terminal, name => name is "MILL_CONFIG_DIR" ? _directory : null, TimeProvider.System);
        await DevWelcome.ShowAsync(host, json: false, Options, Ready(isSealed), CancellationToken.None);
        return Encoding.UTF8.GetString(_error.ToArray());
    }

    private static DevReady Ready(bool isSealed) => new("http://127.0.0.1:1", "canary", new VaultStart(MadeKeyFile: false, new(isSealed, null, null, null)));
}
