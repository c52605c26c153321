using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Containers;

/// <summary>The quick start is typed, line by line, against a server that runs containers of a real Engine.</summary>
public sealed class QuickStartTests(DockerEngine engine, ITestOutputHelper output) : IClassFixture<DockerEngine>
{
    /// <summary>The image that the page uses, without asking anybody for it.</summary>
    private const string Image = "busybox:1.36";

    [Fact]
    public async Task Every_command_of_the_quick_start_works()
    {
        await engine.ImportAsync(Image);
        var page = Page.All().Single(page => page.NeedsEngine);
        using var sandbox = new Sandbox();
        await using var server = MillProcess.Start(sandbox, ["dev", "--listen", "127.0.0.1:0"], new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Address.ToString() });

        var (exitCode, said) = await DocumentTests.TypeAsync(page, sandbox, server, ("DOCKER_HOST", engine.Address.ToString()));

        output.WriteLine(said);
        Assert.True(exitCode == 0, $"exit code {exitCode}\n{said}");
        Assert.Contains("hello from the vault\n", said, StringComparison.Ordinal);
        Assert.Contains("note: hello runs with old values of greeting; to give it the new ones: mill restart hello\n", said, StringComparison.Ordinal);
        Assert.Contains("ended with 0", said, StringComparison.Ordinal);
    }
}
