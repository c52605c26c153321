using System.CommandLine;
using Mill.Commands;
using Mill.Interaction;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The page of the command line leaves nothing out.</summary>
public sealed class CommandPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md"));

    [Fact]
    public void Every_command_is_in_the_page() => Assert.All(Leaves(Root()), path => Assert.Contains(path, Page, StringComparison.Ordinal));

    [Fact]
    public void Every_option_of_a_server_and_every_global_one_is_in_the_page()
    {
        var root = Root();
        var servers = root.Subcommands.Where(command => command.Name is "dev" or "init" or "join" or "server" or "join-token" or "leave");
        var options = servers.SelectMany(command => command.Options).Concat(root.Options);
        Assert.All(options, option => Assert.Contains($"`{option.Name}", Page.Replace(" --", " `--", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private static RootCommand Root() => MillCommand.Create(new GlobalOptions(new CliHost(new Terminal(Stream.Null, Stream.Null, Stream.Null), _ => null, TimeProvider.System)));

    private static IEnumerable<string> Leaves(Command command) =>
        command.Subcommands.Count is 0 ? [HelpWithExamples.PathOf(command)] : command.Subcommands.SelectMany(Leaves);
}
