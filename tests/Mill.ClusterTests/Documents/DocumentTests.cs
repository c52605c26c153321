using System.Diagnostics;
using Mill.ClusterTests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Documents;

/// <summary>What the documents tell people to type is typed here, page by page, against a server that was just started.</summary>
public sealed class DocumentTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What <c>./bench</c> starts once it has built it; it was built together with these tests.</summary>
    private static readonly string Benchmarks = BuildMetadata.Of("Benchmarks");

    public static TheoryData<string> Pages => [.. Page.All().Where(page => page.Commands.Count > 0 && !page.NeedsEngine).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_command_of_a_page_works(string path)
    {
        var page = Page.All().Single(page => page.Path == path);
        using var sandbox = new Sandbox();
        await using var server = MillProcess.Start(sandbox, ["dev", "--listen", "127.0.0.1:0"]);
        var (exitCode, said) = await TypeAsync(page, sandbox, server);

        output.WriteLine($"{page.Commands.Count} lines of commands\n{said}");
        Assert.True(exitCode == 0, $"exit code {exitCode}\n{said}");
    }

    [Fact]
    public async Task Every_command_that_a_sentence_names_exists()
    {
        using var sandbox = new Sandbox();
        var mentions = Page.All().SelectMany(page => page.Mentions.Select(mention => (page.Path, mention))).Distinct().ToList();
        Assert.NotEmpty(mentions);
        foreach (var (path, mention) in mentions)
        {
            await using var help = MillProcess.Start(sandbox, [.. mention.Split(' ').Take(2), "--help"]);
            Assert.True(await help.ExitAsync() == 0, $"{path} names \"mill {mention}\", which there is not.");
        }
        output.WriteLine($"{mentions.Count} mentions");
    }

    [Fact]
    public void Every_script_that_the_documents_name_is_there() =>
        Assert.All(["mill", "test", "bench", "publish"], name => Assert.True(File.GetUnixFileMode(Path.Combine(Page.Root, name)).HasFlag(UnixFileMode.UserExecute)));

    /// <summary>All that a page has, in one shell.</summary>
    internal static async Task<(int ExitCode, string Said)> TypeAsync(Page page, Sandbox sandbox, MillProcess server, params (string Name, string Value)[] variables) =>
        await RunAsync(sandbox, Script(page, await server.AddressAsync()), variables);

    private static string Script(Page page, string address)
    {
        var lines = page.Commands
            // The server runs already, and the tests run this very test.
            .Where(line => line is not ("./mill dev" or "./test"))
            .Select(line => line.Replace("./mill ", "mill ", StringComparison.Ordinal)
                .Replace("./bench ", $"{Benchmarks} --root {Page.Root} ", StringComparison.Ordinal)
                .Replace("http://127.0.0.1:4400", address, StringComparison.Ordinal)
                .Replace("~/.local/share", "$XDG_DATA_HOME", StringComparison.Ordinal));
        return string.Join('\n', [
            "set -euo pipefail",
            // What a page starts in the background must not outlive it, however it ends.
            "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT",
            // No function: one in the background would be a shell of its own, and ending that would not end mill.
            $"PATH={Path.GetDirectoryName(MillExecutable.Path)}:$PATH",
            "curl() { command curl --fail-with-body \"$@\"; echo; }",
            .. lines]);
    }

    private static async Task<(int ExitCode, string Said)> RunAsync(Sandbox sandbox, string script, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = sandbox.Root };
        foreach (var (name, value) in sandbox.Environment().Select(variable => (variable.Key, variable.Value)).Concat(variables)) start.Environment[name] = value;
        using var bash = Process.Start(start)!;
        await bash.StandardInput.WriteAsync("exec 2>&1\n{\n" + script + "\n} < /dev/null\n");
        bash.StandardInput.Close();
        var said = await bash.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await bash.WaitForExitAsync().WaitAsync(Patience);
        return (bash.ExitCode, said);
    }
}
