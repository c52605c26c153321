using System.Text;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>Programs in a container that runs, in a real Docker Engine.</summary>
public sealed class ExecTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    [Fact]
    public async Task A_program_reads_writes_and_ends_with_its_code_with_and_without_a_terminal()
    {
        await using var fleet = await LoneFleet.StartAsync(engine);
        Assert.False((await fleet.DeployAsync($$"""
            service "idle" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "100000"]
              stop_grace = "0s"
            }
            """)).HasFailed);
        var id = Assert.Single((await fleet.NowAsync()).AllocsOf("idle"), alloc => alloc.Status is AllocStatus.Healthy).Id;

        // Its input ends, and so does cat.
        Assert.Equal((0, "from outside", ""), await RunAsync(fleet, id, "from outside", false, "/bin/cat"));
        Assert.Equal((7, "out\n", "err\n"), await RunAsync(fleet, id, "", false, "/bin/sh", "-c", "echo out; echo err >&2; exit 7"));
        var (code, output, _) = await RunAsync(fleet, id, "echo one$((1 + 1))\nexit 3\n", true, "/bin/sh");
        Assert.Equal(3, code);
        Assert.Contains("one2", output, StringComparison.Ordinal);
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => RunAsync(fleet, "none-1", "", false, "/bin/true"))).Error);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(LoneFleet fleet, string id, string input, bool isTerminal, params string[] command)
    {
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        using var from = new MemoryStream(Encoding.UTF8.GetBytes(input));
        var code = await fleet.Exec.RunAsync(id, new(command, isTerminal), new(from, (bytes, isError, _) =>
        {
            (isError ? errors : output).Append(Encoding.UTF8.GetString(bytes.Span));
            return ValueTask.CompletedTask;
        }, isTerminal ? Sizes() : null), default);
        return (code, output.ToString(), errors.ToString());
    }

    private static async IAsyncEnumerable<TerminalSize> Sizes()
    {
        yield return new(100, 30);
        await Task.CompletedTask;
    }
}
