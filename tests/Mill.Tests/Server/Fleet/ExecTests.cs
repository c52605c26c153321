using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Tests.Cli;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Programs in containers, over the API.</summary>
public sealed class ExecTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private FleetServer _fleet = null!;

    private string Alloc => _fleet.Server.Now().Fleet.AllocsOf("web").First().Id;

    public async Task InitializeAsync()
    {
        _fleet = await FleetServer.StartAsync();
        await _fleet.DeployAsync(FleetServer.File(more: "replicas = 2"));
    }

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task What_goes_in_comes_out_byte_for_byte_its_two_streams_apart_and_its_exit_code_at_the_end()
    {
        var input = RandomNumberGenerator.GetBytes(3_000_000); // more than any other body may have
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        using var client = _fleet.Client();
        Assert.Equal(7, await client.ExecAsync(Alloc, ["cat", "-", "two words"], new(new MemoryStream(input), output, errors)));
        Assert.Equal(input, output.ToArray());
        Assert.Equal($"{Alloc}: cat - two words\n", Encoding.UTF8.GetString(errors.ToArray()));
    }

    [Fact]
    public async Task A_terminal_has_the_size_of_that_of_the_client_and_changes_with_it()
    {
        var seen = Channel.CreateUnbounded<TerminalSize>();
        _fleet.Exec.Program = async (_, command, streams, cancellationToken) =>
        {
            Assert.True(command.IsTerminal);
            await foreach (var size in streams.Sizes!.WithCancellation(cancellationToken))
            {
                await seen.Writer.WriteAsync(size, cancellationToken);
                if (size.Rows is 50) return 0;
            }
            return 1;
        };
        var sizes = Channel.CreateUnbounded<TerminalItem>();
        sizes.Writer.TryWrite(new(80, 24));
        using var client = _fleet.Client();
        var run = client.ExecAsync("web", ["sh"], Streams() with { Sizes = sizes.Reader.ReadAllAsync() });
        Assert.Equal(new(80, 24), await seen.Reader.ReadAsync());
        sizes.Writer.TryWrite(new(120, 50));
        Assert.Equal(new(120, 50), await seen.Reader.ReadAsync());
        Assert.Equal(0, await run.WaitAsync(Patience));
    }

    [Fact]
    public async Task Of_a_service_the_newest_container_that_is_healthy_is_taken()
    {
        var ids = _fleet.Server.Now().Fleet.AllocsOf("web").OrderByDescending(alloc => alloc.CreatedAt).ThenByDescending(alloc => alloc.Id, StringComparer.Ordinal).Select(alloc => alloc.Id).ToList();
        using var client = _fleet.Client();
        await client.ExecAsync("web", ["true"], Streams());
        var usual = _fleet.Node.Become;
        _fleet.Node.Become = alloc => alloc.Id == ids[0] ? usual(alloc) with { Status = AllocStatus.Running } : usual(alloc);
        await _fleet.Node.UntilAsync(fleet => fleet.Allocs[ids[0]].Status is AllocStatus.Running);
        await client.ExecAsync("web", ["true"], Streams());
        await client.ExecAsync(ids[0], ["true"], Streams());
        Assert.Equal([ids[0], ids[1], ids[0]], _fleet.Exec.Seen);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_the_nearest_name_is_told()
    {
        using var client = _fleet.Client();
        var misspelt = await Assert.ThrowsAsync<MillException>(() => client.ExecAsync("wbe", ["true"], Streams()));
        Assert.Equal((MillError.NotFound, "Did you mean web?"), (misspelt.Error, misspelt.Hint));
        var idle = await Assert.ThrowsAsync<MillException>(() => client.ExecAsync("job", ["true"], Streams()));
        Assert.Equal((MillError.NotFound, "No container of job runs at the moment."), (idle.Error, idle.Message));
        Assert.Equal(MillError.ContainerRefused, (await Assert.ThrowsAsync<MillException>(() => client.ExecAsync("web", ["missing"], Streams()))).Error);
        (await _fleet.Operator.GetAsync("/v1/exec/web")).IsProblem(400, "invalid_request");
        (await (await _fleet.Server.MakeAsync("operator", "other")).GetAsync($"/v1/exec/{Alloc}")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_client_that_is_gone_ends_the_program()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        _fleet.Exec.Program = async (_, _, _, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ContinueWith(_ => ended.SetResult(), TaskScheduler.Default);
            return 0;
        };
        using var client = _fleet.Client();
        using var stop = new CancellationTokenSource();
        var run = client.ExecAsync("web", ["sh"], new(new Endless(), Stream.Null, Stream.Null), stop.Token);
        await begun.Task.WaitAsync(Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Patience));
        await ended.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Who_ran_something_where_is_in_the_log_and_never_what()
    {
        using var client = _fleet.Client();
        await client.ExecAsync(Alloc, ["psql", "password=canary-argument"], Streams("canary-input"));
        await Until(() => _fleet.Server.Logs.All.Contains("exit code 7", StringComparison.Ordinal));
        Assert.Contains($"runs a program in {Alloc} of tenant default", _fleet.Server.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-", _fleet.Server.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_revoked_serves_no_longer()
    {
        var made = (await _fleet.Operator.SendAsync("POST", "/v1/tokens", new { subject = "visitor", role = "operator" })).Is(201).Json;
        var begun = new TaskCompletionSource();
        _fleet.Exec.Program = async (_, _, _, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        };
        using var client = _fleet.Client(made.GetProperty("token").GetString());
        var run = client.ExecAsync("web", ["sh"], new(new Endless(), Stream.Null, Stream.Null));
        await begun.Task.WaitAsync(Patience);
        (await _fleet.Operator.SendAsync("DELETE", $"/v1/tokens/{made.GetProperty("id").GetString()}")).Is(204);
        while (!run.IsCompleted)
        {
            _fleet.Server.Time.Advance(TimeSpan.FromSeconds(15));
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }
        Assert.Equal(MillError.Unauthenticated, (await Assert.ThrowsAsync<MillException>(() => run)).Error);
    }

    [Theory]
    [InlineData("""{"command":[]}""")]
    [InlineData("""{"command":["a\u0000b"]}""")]
    [InlineData("""{"command":["sh"],"terminal":{"columns":0,"rows":1}}""")]
    [InlineData("""{"command":["sh"],"what":1}""")]
    [InlineData("canary")]
    public async Task A_first_message_that_says_nothing_proper_is_refused(string message)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {_fleet.Server.OperatorToken}");
        await socket.ConnectAsync(new($"ws://{_fleet.Server.EndPoint}/v1/exec/web"), default);
        await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[4096];
        var answer = await socket.ReceiveAsync(buffer, default);
        var end = JsonDocument.Parse(buffer.AsMemory(0, answer.Count)).RootElement;
        Assert.Equal("invalid_request", end.GetProperty("problem").GetProperty("code").GetString());
        Assert.DoesNotContain("canary", end.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(_fleet.Exec.Seen);
    }

    [Fact]
    public async Task One_token_has_so_many_streams_and_others_have_theirs()
    {
        var held = new TaskCompletionSource();
        _fleet.Exec.Program = async (_, _, _, cancellationToken) =>
        {
            await held.Task.WaitAsync(cancellationToken);
            return 0;
        };
        using var client = _fleet.Client();
        var runs = Enumerable.Range(0, 64).Select(_ => client.ExecAsync("web", ["sh"], Streams())).ToList();
        await Until(() => _fleet.Exec.Seen.Count is 64);
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => client.ExecAsync("web", ["sh"], Streams()))).Error);
        (await _fleet.Operator.GetAsync("/v1/logs/web")).IsProblem(429, "rate_limited");
        (await (await _fleet.Server.MakeAsync("reader")).GetAsync("/v1/logs/web")).Is(200);
        held.SetResult();
        Assert.All(await Task.WhenAll(runs).WaitAsync(Patience), code => Assert.Equal(0, code));
        (await _fleet.Operator.GetAsync("/v1/logs/web")).Is(200);
    }

    [Fact]
    public async Task The_command_has_the_streams_of_whoever_types_it_and_the_exit_code_of_the_program()
    {
        var session = Session("from a pipe");
        Assert.Equal(7, await session.RunAsync("exec", "web", "--", "cat", "-v", "--help"));
        Assert.Equal("from a pipe", session.Output);
        Assert.EndsWith(": cat -v --help\n", session.Error, StringComparison.Ordinal);

        var unknown = Session();
        Assert.Equal(3, await unknown.RunAsync("exec", "wbe", "--", "true"));
        Assert.Contains("hint: Did you mean web?", unknown.Error, StringComparison.Ordinal);
        foreach (var wrong in new string[][] { ["exec"], ["exec", "web"], ["exec", "web", "true"], ["exec", "--", "true"] })
        {
            var session2 = Session();
            Assert.Equal(2, await session2.RunAsync(wrong));
            Assert.Contains("mill exec NAME -- CMD ARGS", session2.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_nobody_reads_the_output_any_more_the_program_ends_and_nothing_is_said()
    {
        var ended = new TaskCompletionSource();
        _fleet.Exec.Program = async (_, _, streams, cancellationToken) =>
        {
            try
            {
                while (true) await streams.Output("y\n"u8.ToArray(), false, cancellationToken);
            }
            finally
            {
                ended.SetResult();
            }
        };
        var session = Session();
        session.MostWrites = 3;
        Assert.Equal(141, await session.RunAsync("exec", "web", "--", "yes").WaitAsync(Patience));
        Assert.Equal("", session.Error);
        await ended.Task.WaitAsync(Patience);
    }

    private static ProgramStreams Streams(string input = "") => new(new MemoryStream(Encoding.UTF8.GetBytes(input)), new MemoryStream(), new MemoryStream());

    private Session Session(string input = "") => new()
    {
        Input = Encoding.UTF8.GetBytes(input),
        Variables = { ["MILL_ADDRESS"] = $"http://{_fleet.Server.EndPoint}", ["MILL_TOKEN"] = _fleet.Server.OperatorToken },
    };

    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }

    /// <summary>Somebody who types nothing.</summary>
    private sealed class Endless : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }
}
