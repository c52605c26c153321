using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>Commands without end, in a pipe that ends.</summary>
public sealed class ClosedPipeTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    /// <summary>Takes one line of the command, and then says how the command ended.</summary>
    private static readonly string[] Head = ["bash", "-c", "\"$0\" \"$@\" | head -n 1; echo \"${PIPESTATUS[0]}\""];

    [Theory]
    [InlineData("ticking\n141\n", "logs", "-f", "clock")]
    [InlineData("y\n141\n", "exec", "clock", "--", "/bin/busybox", "yes")]
    public async Task A_command_ends_quietly_with_whoever_reads_it(string expected, params string[] command)
    {
        using var sandbox = new Sandbox();
        await using var server = await MillServer.StartAsync(sandbox, new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Address.ToString() });
        var file = Path.Combine(sandbox.Root, "clock.mill");
        await File.WriteAllTextAsync(file, $$"""
            service "clock" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sh", "-c", "while true; do echo ticking; /bin/sleep 0.1; done"]
              stop_grace = "0s"
            }
            """);
        await using (var deploy = Mill(sandbox, server, [], ["deploy", "-f", file])) Assert.True(await deploy.ExitAsync() is 0, deploy.Errors);
        await using var piped = Mill(sandbox, server, Head, command);
        Assert.Equal((0, ""), (await piped.ExitAsync(), piped.Errors));
        Assert.EndsWith(expected, piped.Output, StringComparison.Ordinal);
    }

    private static MillProcess Mill(Sandbox sandbox, MillServer server, string[] runner, string[] arguments) =>
        MillProcess.Start(sandbox, arguments, new Dictionary<string, string> { ["MILL_ADDRESS"] = server.Address, ["MILL_TOKEN"] = sandbox.Token! }, runner);
}
