using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Node.Agent;
using Mill.Node.Logs;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Vault;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>What an agent does all the time goes on, whatever becomes of a part of it.</summary>
public sealed class AgentLoopsTests : IAsyncLifetime, IDisposable
{
    private const int NotSwept = 5008;
    private const int NotHeard = 5004;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Alarm _alarm = new();
    private TestVault _state = null!;

    public async Task InitializeAsync() => _state = await TestVault.OpenAsync();

    public async Task DisposeAsync() => await _state.DisposeAsync();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Where_what_is_new_cannot_be_said_any_more_signs_of_life_end_as_well_and_both_begin_anew()
    {
        await using var engine = await FakeEngine.StartAsync(AnswerAsync);
        using var node = new TestNode(engine.Address, _time);
        var (work, working) = await BeginAsync(node.Options, node.Parts);
        await UntilAsync(() => work.Runners() is [{ News: not null }]);
        var watch = new EngineWatch(node.Parts.Docker, _time, node.Options.Heartbeat);
        var watching = watch.RunAsync(_stop.Token);
        var leader = new Leader { IsAway = true };
        _alarm.Throws = true;
        var reporter = new NodeReporter(node.Options, work, watch, new(work, node.Parts, TimeSpan.FromSeconds(5)), node.Parts, new(), new(), leader, _alarm);

        Assert.Equal("no room for a line", (await Assert.ThrowsAsync<IOException>(() => reporter.RunAsync(_stop.Token).WaitAsync(Patience))).Message);
        await leader.SignEnded.Task.WaitAsync(Patience);
        Assert.Equal(NotHeard, await _alarm.NextAsync().WaitAsync(Patience));

        leader.IsAway = false;
        var again = reporter.RunAsync(_stop.Token);
        NodeReport[] heard = [await leader.Heard.Reader.ReadAsync().AsTask().WaitAsync(Patience), await leader.Heard.Reader.ReadAsync().AsTask().WaitAsync(Patience)];
        Assert.Equal([0, 1], heard.Select(report => report.Allocs.Count).Order());
        // It is the same life, in which nothing is said twice under one number.
        Assert.Equal(heard[0].Life, heard[1].Life);
        Assert.Equal([3, 4], heard.Select(report => report.Number).Order());
        await EndAsync(work, working, watching, again);
    }

    [Fact]
    public async Task Where_old_lines_cannot_be_removed_that_is_said_and_tried_again()
    {
        await using var engine = await FakeEngine.StartAsync(AnswerAsync);
        using var node = new TestNode(engine.Address, _time);
        using var sleeper = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sh -c 'while [ $(cat /proc/$PPID/comm) != sleep ]; do :; done' & echo $!; exec sleep 100000"]) { RedirectStandardOutput = true })!;
        try
        {
            // A process that has ended, and of which nobody has taken note, has such a directory that is there and cannot be read, not even by root.
            var ended = await sleeper.StandardOutput.ReadLineAsync();
            await UntilAsync(() => File.ReadAllText($"/proc/{ended}/stat").Contains(") Z ", StringComparison.Ordinal));
            using var logs = new LogStore($"/proc/{ended}/net", _time);
            var (work, working) = await BeginAsync(node.Options, node.Parts with { Logs = logs });
            await UntilAsync(() => work.Runners().Count > 0);
            for (var i = 0; i < 2; i++)
            {
                var said = _alarm.NextAsync();
                await _time.AdvanceUntilAsync(said, TimeSpan.FromMinutes(1)).WaitAsync(Patience);
                Assert.Equal(NotSwept, await said);
            }
            await EndAsync(work, working);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    public async Task A_slow_pull_holds_up_no_other_container()
    {
        var (pulls, started) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var engine = await FakeEngine.StartAsync(async context =>
        {
            if (context.Request.QueryString.Value!.Contains("fromImage=slow", StringComparison.Ordinal))
            {
                pulls.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            // The other one comes later in any case.
            if (context.Request.Path.Value!.EndsWith("/containers/create", StringComparison.Ordinal)) await pulls.Task;
            if (context.Request.Path.Value.EndsWith("/c1/start", StringComparison.Ordinal)) started.SetResult();
            await AnswerAsync(context);
        });
        using var node = new TestNode(engine.Address, _time);
        var (work, working) = await BeginAsync(node.Options, node.Parts, Specs.Alloc() with { Id = "slow-1", Name = "slow", Container = Specs.Container() with { Image = "slow:v1" } }, Specs.Alloc());
        await started.Task.WaitAsync(Patience);
        Assert.Equal(AllocStatus.Pulling, Assert.Single(work.Runners(), runner => runner.Id is "slow-1").News?.Status ?? AllocStatus.Pulling);
        await EndAsync(work, working);
    }

    /// <summary>An Engine that has nothing, gets any image, and makes one container, which runs.</summary>
    private static async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.EndsWith("/wait", StringComparison.Ordinal) || path.EndsWith("/logs", StringComparison.Ordinal)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (path.Contains("/images/", StringComparison.Ordinal) && path.EndsWith("/json", StringComparison.Ordinal)) context.Response.StatusCode = 404;
        await context.Response.WriteAsync(path.EndsWith("/containers/json", StringComparison.Ordinal) ? "[]" : path.EndsWith("/containers/create", StringComparison.Ordinal) ? """{"Id":"c1"}""" : "{}");
    }

    /// <param name="allocs">Of the node; none for a task whose container is gone.</param>
    private async Task<(NodeWork Work, Task Working)> BeginAsync(NodeAgentOptions options, NodeParts parts, params AllocRecord[] allocs)
    {
        if (allocs is []) allocs = [Specs.Alloc() with { Kind = AllocKind.Task, Status = AllocStatus.Running }];
        await _state.State.CommitAsync(new FleetCommand<int>((draft, _) =>
        {
            foreach (var alloc in allocs) draft.Put(alloc);
            return 0;
        }), default);
        var work = new NodeWork(options, _state.State, parts, _alarm);
        return (work, work.RunAsync(_stop.Token));
    }

    private async Task EndAsync(NodeWork work, params Task[] loops)
    {
        await _stop.CancelAsync();
        foreach (var loop in loops) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        work.Dispose();
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }

    /// <summary>Away, it holds signs of life up, and refuses what is new.</summary>
    private sealed class Leader : INodeReports
    {
        public bool IsAway { get; set; }

        public TaskCompletionSource SignEnded { get; } = new();

        public Channel<NodeReport> Heard { get; } = Channel.CreateUnbounded<NodeReport>();

        public async Task SendAsync(NodeReport report, CancellationToken cancellationToken)
        {
            if (IsAway && report.Allocs.Count > 0) throw new MillException(MillError.NoLeader, "There is no leader right now.");
            if (!IsAway)
            {
                await Heard.Writer.WriteAsync(report, cancellationToken);
                return;
            }
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            finally
            {
                SignEnded.TrySetResult();
            }
        }
    }

    /// <summary>A log that is told by some of its lines, and may have no room for them.</summary>
    private sealed class Alarm : ILogger
    {
        private readonly Channel<int> _lines = Channel.CreateUnbounded<int>();

        public bool Throws { get; set; }

        public Task<int> NextAsync() => _lines.Reader.ReadAsync().AsTask();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is not (NotSwept or NotHeard)) return;
            _lines.Writer.TryWrite(eventId.Id);
            if (Throws) throw new IOException("no room for a line");
        }
    }
}
