using Mill.Client;
using Mill.Core.Fleet;
using Mill.Testing;
using Mill.Tests.Cli;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Streams in which nothing happens for long.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private FleetServer _fleet = null!;

    public async Task InitializeAsync() => _fleet = await FleetServer.StartAsync();

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task The_stream_of_a_silent_log_says_every_15_seconds_that_the_server_is_there()
    {
        await _fleet.DeployAsync(FleetServer.File());
        using var events = await SseReader.OpenAsync(_fleet.Server, "/v1/logs/web?follow=true");
        await RequireBeatsAsync(events);
    }

    [Fact]
    public async Task The_stream_of_a_deploy_that_stands_still_says_every_15_seconds_that_the_server_is_there()
    {
        _fleet.Node.Become = static alloc => new() { Id = alloc.Id, Status = AllocStatus.Starting };
        await _fleet.Operator.SendAsync("POST", "/v1/deploys", FleetServer.File());
        await _fleet.Node.UntilAsync(fleet => fleet.AllocsOf("web").Any(alloc => alloc.Status is AllocStatus.Starting));
        using var events = await SseReader.OpenAsync(_fleet.Server, "/v1/deploys/1/events");
        Assert.Equal("progress", (await events.NextAsync())!.Value.Type);
        await RequireBeatsAsync(events);
    }

    [Fact]
    public async Task A_stream_goes_on_for_longer_than_a_call_may_take()
    {
        await _fleet.DeployAsync(FleetServer.File());
        var id = (await _fleet.Operator.SendAsync("POST", "/v1/tasks", new { task = "job" })).Is(201).Json.GetProperty("id").GetString()!;
        _fleet.Logs.Write(id, _fleet.Server.Time.GetUtcNow(), "before");
        var time = new ManualTime();
        using var client = new MillClient(new() { Address = new($"http://{_fleet.Server.EndPoint}"), Token = _fleet.Server.OperatorToken, Timeout = TimeSpan.FromSeconds(1), Time = time });
        await using var lines = client.ReadLogsAsync(id, follow: true).GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        time.Advance(TimeSpan.FromSeconds(30));
        _fleet.Logs.Write(id, _fleet.Server.Time.GetUtcNow(), "after");
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("after", lines.Current.Line);
    }

    [Fact]
    public async Task Where_nobody_reads_a_log_any_more_it_ends_and_nothing_is_said()
    {
        await _fleet.DeployAsync(FleetServer.File());
        var id = _fleet.Server.Now().Fleet.AllocsOf("web").First().Id;
        foreach (var line in new[] { "one", "two" }) _fleet.Logs.Write(id, _fleet.Server.Time.GetUtcNow(), line);
        var session = new Session { Variables = { ["MILL_ADDRESS"] = $"http://{_fleet.Server.EndPoint}", ["MILL_TOKEN"] = _fleet.Server.OperatorToken }, MostWrites = 1 };
        Assert.Equal((141, $"[{id}] one\n", ""), (await session.RunAsync("logs", "-f", "web"), session.Output, session.Error));
    }

    /// <summary>Lets time pass, with a node that lives, until there were some: none too early, and nothing beside them.</summary>
    private async Task RequireBeatsAsync(SseReader events)
    {
        var begin = _fleet.Server.Time.GetUtcNow();
        for (var beat = 1; beat <= 3; beat++)
        {
            var line = events.LineAsync();
            while (!line.IsCompleted)
            {
                await _fleet.Node.ReportAsync();
                _fleet.Server.Time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.WhenAny(line, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
            }
            Assert.Equal((": ", ""), (await line, await events.LineAsync()));
            Assert.True(_fleet.Server.Time.GetUtcNow() - begin >= beat * Heartbeat);
        }
    }
}
