using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class HelpTests
{
    [Fact]
    public async Task The_version_is_a_line_and_help_lists_the_commands()
    {
        var (version, help) = (new Session(), new Session());
        Assert.Equal(0, await version.RunAsync("--version"));
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", version.Output);
        Assert.Equal(0, await help.RunAsync("--help"));
        foreach (var command in new[] { "secret", "deploy", "status", "nodes", "logs", "spawn", "dev" }) Assert.Matches($@"\n  {command}\b", help.Output);
    }

    [Theory]
    [InlineData("secret", "get")]
    [InlineData("secret", "set")]
    [InlineData("secret", "history")]
    [InlineData("completion")]
    public async Task Help_asks_no_server_and_shows_no_names(params string[] command)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets?limit=200", """{"secrets":[{"name":"canary","version":3,"valid_from":"2026-01-01T00:00:00Z"}],"next":null}""");
        var (connected, alone) = (Session.With(mill), new Session());
        Assert.Equal(0, await connected.RunAsync([.. command, "--help"]));
        Assert.Equal(0, await alone.RunAsync([.. command, "--help"]));
        Assert.Equal(alone.Output, connected.Output);
        Assert.Contains(command is ["completion"] ? "<SHELL>" : "<NAME>", connected.Output, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }
}
