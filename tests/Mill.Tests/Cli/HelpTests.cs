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
        Assert.Contains("Runs containers on one to twenty machines, with their secrets", help.Output, StringComparison.Ordinal);
        Assert.Contains("\n  mill deploy ", help.Output, StringComparison.Ordinal);
        foreach (var command in new[] { "secret", "deploy", "status", "nodes", "logs", "spawn", "dev" }) Assert.Matches($@"\n  {command}\b", help.Output);
    }

    [Theory]
    [InlineData("mill deploy -f shop.mill", "deploy", "shop.mill")]
    [InlineData("mill plan -f shop.mill", "plan", "shop.mill")]
    [InlineData("Make what runs as the .mill file says: mill deploy", "up")]
    [InlineData("Take the service out of the .mill file, then: mill deploy. To end a task: mill kill ID", "rm", "web")]
    [InlineData("Take the service out of the .mill file, then: mill deploy. To end a task: mill kill ID", "stop")]
    [InlineData("Write replicas = N in the .mill file, then: mill deploy", "scale", "web=3")]
    public async Task What_others_would_type_leads_to_what_does_it_here(string hint, params string[] typed)
    {
        var session = new Session();
        Assert.Equal(2, await session.RunAsync(typed));
        Assert.EndsWith($"\nhint: {hint}\n", session.Error, StringComparison.Ordinal);
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
