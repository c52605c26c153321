using System.Text;
using Mill.ClusterTests.Processes;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>Programs in a container that runs, in a real Docker Engine.</summary>
public sealed class ExecTests(DockerEngine engine) : IClassFixture<DockerEngine>
{
    /// <summary>A terminal for a program: 33 by 101, and larger once a NUL is typed; a 1 has it ended. At the end it says whether its mode is what it was.</summary>
    private const string Pty = """
        import fcntl, os, pty, select, signal, struct, sys, termios
        def size(rows, columns): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        go, ready = os.pipe()
        pid, fd = pty.fork()
        if pid == 0:
            os.read(go, 1)
            os.execv(sys.argv[1], sys.argv[1:])
        size(33, 101)
        before = termios.tcgetattr(fd)
        os.write(ready, b"x")
        inputs = [fd, 0]
        while True:
            for one in select.select(inputs, [], [])[0]:
                if one == 0:
                    typed = os.read(0, 4096)
                    if not typed: inputs.remove(0)
                    if b"\0" in typed: size(44, 120)
                    if b"\1" in typed: os.kill(pid, signal.SIGTERM)
                    os.write(fd, typed.replace(b"\0", b"").replace(b"\1", b""))
                    continue
                try: said = os.read(fd, 4096)
                except OSError: said = b""
                if not said: break
                sys.stdout.buffer.write(said); sys.stdout.flush()
            else: continue
            break
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print("restored" if termios.tcgetattr(fd) == before else "left as it was in between")
        sys.exit(code if code >= 0 else 128 - code)
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    [Fact]
    public async Task The_command_is_as_good_as_a_terminal_in_the_container_and_as_a_pipe_into_it()
    {
        using var sandbox = new Sandbox();
        await using var server = await MillServer.StartAsync(sandbox, new Dictionary<string, string> { ["DOCKER_HOST"] = engine.Address.ToString() });
        var file = Path.Combine(sandbox.Root, "idle.mill");
        await File.WriteAllTextAsync(file, $$"""
            service "idle" {
              image      = "{{DockerEngine.Image}}"
              command    = ["/bin/sleep", "100000"]
              stop_grace = "0s"
            }
            """);
        await using (var deploy = Mill(sandbox, server, [], "deploy", "-f", file)) Assert.True(await deploy.ExitAsync() is 0, deploy.Errors);

        await using var piped = Mill(sandbox, server, [], "exec", "idle", "--", "/bin/sh", "-c", "cat; echo err >&2; exit 5");
        var text = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"line {number}\n"));
        await piped.WriteInputAsync(text, close: true);
        Assert.Equal((5, "err\n"), (await piped.ExitAsync(), piped.Errors));
        Assert.Equal(text, piped.Output);
        await using var missing = Mill(sandbox, server, [], "exec", "idle", "--", "/bin/nothing-like-it");
        // What the Engine says of it differs by its version.
        Assert.InRange(await missing.ExitAsync(), 126, 127);

        await using var killed = Mill(sandbox, server, [], "exec", "idle", "--", "/bin/sh", "-c", "echo here; cat; echo gone > /gone");
        await Until.TrueAsync("it runs", Patience, () => Task.FromResult(killed.Output is "here\n"));
        await killed.KillAsync();
        await Until.TrueAsync("its input has ended with its client", Patience, async () =>
        {
            await using var look = Mill(sandbox, server, [], "exec", "-T", "idle", "--", "/bin/cat", "/gone");
            return await look.ExitAsync() is 0 && look.Output is "gone\n";
        });
        await TypeAsync(sandbox, server);
    }

    private static async Task TypeAsync(Sandbox sandbox, MillServer server)
    {
        var pty = Path.Combine(sandbox.Root, "terminal.py");
        await File.WriteAllTextAsync(pty, Pty);
        await using var shell = Mill(sandbox, server, ["python3", pty], "exec", "idle", "--", "/bin/sh");
        async Task AnswersAsync(string typed, string expected)
        {
            await shell.WriteInputAsync(typed, close: false);
            await Until.TrueAsync($"{expected} is answered, and not: {shell.Output} {shell.Errors}", Patience, () => Task.FromResult(shell.Output.Contains(expected, StringComparison.Ordinal)));
        }

        await AnswersAsync("echo ready$((40 + 2))\n", "ready42");
        await AnswersAsync("/bin/busybox stty size\n", "33 101");
        await shell.WriteInputAsync("\0", close: false); // has the terminal become larger
        await AnswersAsync("until /bin/busybox stty size | /bin/busybox grep '44 120'; do /bin/sleep 0.1; done\n", "\n44 120");
        // What Ctrl-C interrupts is there, and not here.
        await AnswersAsync("echo sleeps$((1 + 1)); /bin/sleep 100000\n", "sleeps2");
        await shell.WriteInputAsync("\u0003", close: false);
        await Until.TrueAsync("the shell goes on", Patience, async () =>
        {
            await shell.WriteInputAsync("echo awake$((1 + 1))\n", close: false);
            return shell.Output.Contains("awake2", StringComparison.Ordinal);
        });
        await shell.WriteInputAsync("exit 9\n", close: false);
        Assert.Equal(9, await shell.ExitAsync());
        Assert.EndsWith("restored\n", shell.Output, StringComparison.Ordinal);

        await using var ended = Mill(sandbox, server, ["python3", pty], "exec", "idle", "--", "/bin/sh", "-c", "echo here$((1 + 1)); exec /bin/sleep 100000");
        await Until.TrueAsync("it runs", Patience, () => Task.FromResult(ended.Output.Contains("here2", StringComparison.Ordinal)));
        await ended.WriteInputAsync("\u0001", close: false); // has somebody end it with SIGTERM
        Assert.NotEqual(0, await ended.ExitAsync());
        Assert.EndsWith("restored\n", ended.Output, StringComparison.Ordinal);
    }

    private static MillProcess Mill(Sandbox sandbox, MillServer server, string[] runner, params string[] arguments) =>
        MillProcess.Start(sandbox, arguments, new Dictionary<string, string> { ["MILL_ADDRESS"] = server.Address, ["MILL_TOKEN"] = sandbox.Token!, ["TERM"] = "xterm" }, runner);

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
