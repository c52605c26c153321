using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Programs;

/// <summary><c>mill run</c>: the program is as if it had been started by hand, but for the variables.</summary>
public sealed class RunTests : IAsyncLifetime, IDisposable
{
    private const string Canary = "canary-5d1f it's \"#1\"\n$HOME é";

    /// <summary>For a shell: goes on until a signal, and in no case for ever.</summary>
    private const string GoOn = "n=0; while [ $((n+=1)) -lt 2400 ]; do sleep 0.05; done";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Sandbox _sandbox = new();
    private MillServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await MillServer.StartAsync(_sandbox);
        await SetAsync("app/pass", Canary);
        await SetAsync("user", "web");
        await File.WriteAllTextAsync(EnvFile, "USER_NAME=secret(user)\nAPP_PASS=secret(app/pass)\nLEVEL=info\n");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _sandbox.Dispose();

    private string EnvFile => Path.Combine(_sandbox.Root, "app.env");

    [Fact]
    public async Task The_program_has_exactly_the_stored_bytes_and_the_environment_around_them()
    {
        await SetAsync("binary", [0xff, 0xfe, 0x0a], binary: true);
        var more = new Dictionary<string, string> { ["LEVEL"] = "debug", ["KEPT"] = "as it was" };
        await using var run = Run(more, "--env-file", EnvFile, "--secret", "user", "--secret", "binary=RAW", "--", "sh", "-c", "env -0 | base64 -w0");
        Assert.Equal((0, ""), (await run.ExitAsync(), run.Errors));
        var variables = System.Text.Encoding.Latin1.GetString(Convert.FromBase64String(run.Output)).Split('\0').Where(line => line.Contains('=', StringComparison.Ordinal)).ToDictionary(line => line.Split('=')[0], line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
        Assert.Equal(Canary, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(variables["APP_PASS"])));
        Assert.Equal(("web", "web", "info", "as it was", "\u00ff\u00fe\n"), (variables["USER_NAME"], variables["user"], variables["LEVEL"], variables["KEPT"], variables["RAW"]));
    }

    [Fact]
    public async Task It_becomes_the_program_so_that_signals_input_and_exit_code_are_its_own()
    {
        await using var run = Run(null, "--env-file", EnvFile, "--", "sh", "-c", "read line; echo \"$$ $line\"; trap 'exit 41' TERM; echo ready; " + GoOn);
        await run.WriteInputAsync("typed\n", close: true);
        await Until.TrueAsync("the program is ready", Patience, () => Task.FromResult(run.Output.EndsWith("ready\n", StringComparison.Ordinal)));
        Assert.Equal($"{run.Id} typed\nready\n", run.Output);
        Assert.DoesNotContain("canary", await File.ReadAllTextAsync($"/proc/{run.Id}/cmdline"), StringComparison.Ordinal);
        Assert.StartsWith("sh\0", await File.ReadAllTextAsync($"/proc/{run.Id}/cmdline"), StringComparison.Ordinal);
        run.Send(Signal.Terminate);
        Assert.Equal(41, await run.ExitAsync());
    }

    [Fact]
    public async Task No_signal_is_ignored_or_held_back_in_the_program()
    {
        await using var run = Run(null, "--env-file", EnvFile, "--", "sh", "-c", "grep -E '^Sig(Ign|Blk)' /proc/$$/status | cut -f2 | sort -u");
        Assert.Equal((0, "0000000000000000\n"), (await run.ExitAsync(), run.Output));
    }

    [Fact]
    public async Task Nothing_is_started_where_anything_is_missing()
    {
        var mark = Path.Combine(_sandbox.Root, "started");
        await File.WriteAllTextAsync(EnvFile, "A=secret(user)\nB=secret(none) secret(nil)\n");
        foreach (var (code, arguments) in new[]
        {
            (3, new[] { "--env-file", EnvFile }),
            (3, ["--secret", "none=A", "--secret", "user"]),
            (2, ["--secret", "app/pass"]),
            (2, ["--env-file", EnvFile + ".missing"]),
        })
        {
            await using var run = Run(null, [.. arguments, "--", "touch", mark]);
            Assert.Equal(code, await run.ExitAsync());
            Assert.StartsWith("error: ", run.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", run.Errors, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public async Task A_program_that_cannot_be_run_is_said_as_shells_do()
    {
        await using (var run = Run(null, "--secret", "user", "--", "no-such-program"))
            Assert.Equal((127, "error: There is no program \"no-such-program\".\n"), (await run.ExitAsync(), run.Errors));
        await using (var run = Run(null, "--secret", "user", "--watch", "--", "no-such-program")) Assert.Equal(127, await run.ExitAsync());
        await using (var run = Run(null, "--secret", "user", "--", EnvFile)) Assert.Equal(126, await run.ExitAsync());
    }

    [Fact]
    public async Task A_watched_program_is_restarted_for_another_value_of_its_own_secrets_and_for_nothing_else()
    {
        var script = "trap 'echo end; exit 9' TERM; echo \"up $USER_NAME\"; " + GoOn;
        await using var run = Run(null, "--watch", "--env-file", EnvFile, "--", "sh", "-c", script);
        await SaysAsync(run, "up web\n");
        await SetAsync("other", "x");
        await SetAsync("user", "web", force: true); // a new version of the same value
        await SetAsync("user", "root");
        await SaysAsync(run, "up web\nend\nup root\n");
        // One that cannot be fetched leaves the program as it is.
        Assert.Equal(204, (await _server.Api.SendAsync(HttpMethod.Delete, "/v1/secrets/app%2Fpass", null)).Status);
        await Until.TrueAsync("it says why it goes on", Patience, () => Task.FromResult(run.Errors.Contains("goes on as it is", StringComparison.Ordinal)));
        Assert.Equal("up web\nend\nup root\n", run.Output);
        run.Send(Signal.Terminate);
        Assert.Equal(9, await run.ExitAsync());
        Assert.Equal("up web\nend\nup root\nend\n", run.Output);
        Assert.DoesNotContain("canary", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_program_outlives_the_server_and_follows_it_again_when_it_is_back()
    {
        await using var run = Run(null, "--watch", "--secret", "user", "--", "sh", "-c", "trap 'exit 0' TERM; echo \"up $user\"; " + GoOn);
        await SaysAsync(run, "up web\n");
        var port = new Uri(_server.Address).Port;
        await _server.DisposeAsync();
        _server = await MillServer.StartAsync(_sandbox, null, null, "--listen", $"127.0.0.1:{port}");
        Assert.False(run.HasExited);
        await SetAsync("user", "after");
        await SaysAsync(run, "up web\nup after\n");
        run.Send(Signal.Terminate);
        Assert.Equal(0, await run.ExitAsync());
    }

    [Fact]
    public async Task A_watched_program_that_ends_by_itself_is_not_started_again_and_one_that_lives_on_after_a_signal_is_followed()
    {
        await using (var run = Run(null, "--watch", "--secret", "user", "--", "sh", "-c", "trap 'echo hup' HUP; trap 'echo usr' USR1; trap 'exit 0' TERM; echo \"up $user\"; " + GoOn))
        {
            await SaysAsync(run, "up web\n");
            run.Send(Signal.HangUp);
            await SaysAsync(run, "up web\nhup\n");
            run.Send(Signal.User1);
            await SaysAsync(run, "up web\nhup\nusr\n");
            await SetAsync("user", "root");
            await SaysAsync(run, "up web\nhup\nusr\nup root\n");
            run.Send(Signal.Terminate);
            Assert.Equal(0, await run.ExitAsync());
        }
        // It ends in the very moment in which it is to be restarted.
        var file = Path.Combine(_sandbox.Root, "go");
        await using var once = Run(null, "--watch", "--secret", "user", "--", "sh", "-c", $"echo \"up $user\"; n=0; while [ ! -e {file} ] && [ $((n+=1)) -lt 6000 ]; do sleep 0.02; done; echo done; exit 3");
        await SaysAsync(once, "up root\n");
        await SetAsync("user", "other");
        await File.WriteAllTextAsync(file, "");
        Assert.Equal(3, await once.ExitAsync());
        Assert.Equal("up root\ndone\n", once.Output);
    }

    [Fact]
    public async Task A_file_that_can_be_read_only_once_is_enough()
    {
        await using var run = Run(null, "--watch", "--env-file", "-", "--", "sh", "-c", "trap 'exit 0' TERM; echo \"up $A $B\"; " + GoOn);
        await run.WriteInputAsync("A=secret(user)\nB=plain\n", close: true);
        await SaysAsync(run, "up web plain\n");
        await SetAsync("user", "root");
        await SaysAsync(run, "up web plain\nup root plain\n");
        run.Send(Signal.Terminate);
        Assert.Equal(0, await run.ExitAsync());
    }

    [Fact]
    public async Task Values_are_masked_in_what_the_program_writes_and_the_rest_comes_through()
    {
        await File.WriteAllTextAsync(EnvFile, "URL=pg://secret(user):secret(app/pass)@db\nLEVEL=info\nPIN=secret(pin)\n");
        await SetAsync("user", "webuser");
        await SetAsync("pin", "12");
        await using var run = Run(null, "--redact", "--env-file", EnvFile, "--secret", "app/pass=PASS", "--", "sh", "-c", "echo \"$URL|$LEVEL|$PIN\"; printf %s \"$PASS\" | base64 -w0 >&2; printf 'a prompt: '; exit 5");
        Assert.Equal(5, await run.ExitAsync());
        Assert.Equal("pg://[REDACTED]:[REDACTED]@db|info|12\na prompt: \n", run.Output);
        Assert.Equal("[REDACTED]\n", run.Errors);
    }

    [Fact]
    public async Task All_versions_of_a_secret_are_masked_and_a_reader_that_goes_leaves_the_programs_exit_code()
    {
        foreach (var value in new[] { "first-value", "second-value", "third-value", "fourth-value" }) await SetAsync("many", value);
        await using (var run = Run(null, "--redact", "--secret", "many@1=A", "--secret", "many@2=B", "--secret", "many@3=C", "--secret", "many=D", "--", "sh", "-c", "echo $A $B $C $D"))
            Assert.Equal((0, "[REDACTED] [REDACTED] [REDACTED] [REDACTED]\n"), (await run.ExitAsync(), run.Output));
        // The reader has gone before the program writes, which waits for that.
        var gone = Path.Combine(_sandbox.Root, "gone");
        var script = $"trap '' PIPE; n=0; while [ ! -e {gone} ] && [ $((n+=1)) -lt 6000 ]; do sleep 0.02; done; echo one; echo two; exit 6";
        var environment = new Dictionary<string, string> { ["MILL_ADDRESS"] = _server.Address, ["MILL_TOKEN"] = _sandbox.Token! };
        await using var closed = MillProcess.Start(_sandbox, ["run", "--redact", "--secret", "user", "--", "sh", "-c", script], environment, (IReadOnlyList<string>)["bash", "-c", $"\"$0\" \"$@\" > >(exec 0<&-; touch {gone}); exit $?"]);
        Assert.Equal(6, await closed.ExitAsync());
    }

    [Fact]
    public async Task A_restarted_program_is_masked_with_its_new_values_too()
    {
        await SetAsync("user", "first-user");
        await using var run = Run(null, "--watch", "--redact", "--secret", "user", "--", "sh", "-c", "trap 'echo \"down $user\"; exit 0' TERM; echo \"up $user\"; echo \"error $user\" >&2; " + GoOn);
        await SaysAsync(run, "up [REDACTED]\n");
        await SetAsync("user", "second-user");
        await SaysAsync(run, "up [REDACTED]\ndown [REDACTED]\nup [REDACTED]\n");
        run.Send(Signal.Terminate);
        Assert.Equal((0, "up [REDACTED]\ndown [REDACTED]\nup [REDACTED]\ndown [REDACTED]\n"), (await run.ExitAsync(), run.Output));
        Assert.Equal(2, run.Errors.Split("error [REDACTED]\n").Length - 1);
        Assert.DoesNotContain("-user", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--env-file")]
    [InlineData("--watch", "--env-file")]
    public async Task The_terminal_is_the_programs_own(params string[] options)
    {
        const string Script = "for fd in 0 1 2; do [ -t $fd ] && echo \"terminal $fd\"; done; stty size; trap 'stty size; echo interrupted; exit 42' INT; echo ready; " + GoOn;
        // A terminal of 33 lines and 77 columns, and this test on its other side.
        string[] terminal = ["python3", "-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))", "sh", "-c", "stty rows 33 cols 77; exec \"$0\" \"$@\""];
        var environment = new Dictionary<string, string> { ["MILL_ADDRESS"] = _server.Address, ["MILL_TOKEN"] = _sandbox.Token! };
        await using var run = MillProcess.Start(_sandbox, ["run", .. options, EnvFile, "--", "sh", "-c", Script], environment, terminal);
        await SaysAsync(run, "terminal 0\nterminal 1\nterminal 2\n33 77\nready\n");
        await run.WriteInputAsync("\u0003", close: false);
        Assert.Equal(42, await run.ExitAsync());
        Assert.EndsWith("33 77\ninterrupted\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limit_of_open_files_is_that_of_the_shell()
    {
        await using var run = MillProcess.Start(
            _sandbox, ["run", "--secret", "user", "--", "sh", "-c", "ulimit -Sn"], new Dictionary<string, string> { ["MILL_ADDRESS"] = _server.Address, ["MILL_TOKEN"] = _sandbox.Token! },
            (IReadOnlyList<string>)["sh", "-c", "ulimit -Sn 512; \"$0\" \"$@\"; exit $?"]);
        Assert.Equal((0, "512\n"), (await run.ExitAsync(), run.Output));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once_with_its_file()
    {
        var other = EnvFile + ".2";
        await File.WriteAllTextAsync(EnvFile, "A=secret(none)\n");
        await File.WriteAllTextAsync(other, "B=enc(x)\n");
        await using var run = Run(null, "--env-file", EnvFile, "--env-file", other, "--secret", "nil=N", "--", "true");
        Assert.Equal(7, await run.ExitAsync());
        Assert.Contains($"{EnvFile}:1:3: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"{other}:1:3: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("\"nil\" was not found", run.Errors, StringComparison.Ordinal);
    }

    private static Task SaysAsync(MillProcess run, string output) => Until.TrueAsync($"'{output}', it said '{run.Output}{run.Errors}'", Patience, () => Task.FromResult(run.Output == output));

    private MillProcess Run(IReadOnlyDictionary<string, string>? environment, params string[] arguments) => MillProcess.Start(
        _sandbox, ["run", .. arguments], new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["MILL_ADDRESS"] = _server.Address, ["MILL_TOKEN"] = _sandbox.Token! });

    private Task SetAsync(string name, string value, bool force = false) => SetAsync(name, new JsonObject { ["value"] = value }, force);

    private Task SetAsync(string name, byte[] value, bool binary) => SetAsync(name, new JsonObject { [binary ? "value_base64" : "value"] = Convert.ToBase64String(value) }, force: false);

    private async Task SetAsync(string name, JsonObject body, bool force) =>
        Assert.InRange((await _server.Api.SendAsync(HttpMethod.Put, $"/v1/secrets/{Uri.EscapeDataString(name)}{(force ? "?force=true" : "")}", body)).Status, 200, 201);
}
