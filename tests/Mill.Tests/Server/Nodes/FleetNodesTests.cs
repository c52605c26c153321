using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.Tests.Server.Fleet;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>Containers on several nodes: what goes from one to the other.</summary>
public sealed class FleetNodesTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private TestNodes _nodes = null!;
    private Task _office = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _nodes = await TestNodes.StartAsync(2);
        _office = _nodes[1].Containers.RunAsync(_stop.Token);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _office.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _nodes.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_node_reports_to_the_leader_in_its_own_name_only()
    {
        var report = new NodeReport(_nodes[2].Id, 2, 1_000_000_000, new Dictionary<string, string>(), []) { Life = 1, Number = 1 };
        await _nodes[2].Calls.ReportAsync(_nodes[1].Place, report, default);
        Assert.True(_nodes.Now().Fleet.Nodes.ContainsKey(_nodes[2].Id));

        var refused = await Assert.ThrowsAsync<MillException>(() => _nodes[2].Calls.ReportAsync(_nodes[1].Place, report with { Node = _nodes[1].Id }, default));
        Assert.Equal(MillError.Forbidden, refused.Error);
        Assert.False(_nodes.Now().Fleet.Nodes.ContainsKey(_nodes[1].Id));
        (await _nodes[1].Operator.SendAsync("POST", PeerPaths.Report, NodeReportText.Write(report))).Is(403);
        (await _nodes[1].Operator.GetAsync(PeerPaths.Live)).Is(403);
        (await _nodes[1].Operator.GetAsync(PeerPaths.LogOf("web-1", 1, follow: false))).Is(403);
    }

    [Fact]
    public async Task Whichever_node_is_asked_deploys_and_says_what_the_leader_has_heard()
    {
        var node = new FakeNode(_nodes[1].Containers, _nodes.Now, _nodes.Time, _nodes[2].Id);
        await node.ReportAsync();
        var begun = (await _nodes[2].Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        Assert.Equal("/v1/deploys/1", begun.Header("Location"));
        await node.UntilIdleAsync();
        var id = _nodes.Now().Fleet.AllocsOf("web").Single().Id;
        node.Usage = [new(id, 0.25, 4096)];
        await node.ReportAsync();

        foreach (var number in new[] { 1, 2 })
        {
            var alloc = (await _nodes[number].Operator.GetAsync("/v1/services/web")).Is(200).Json.GetProperty("allocations")[0];
            Assert.Equal(("n2", 4096), (alloc.GetProperty("node").GetString(), alloc.GetProperty("usage").GetProperty("memory").GetInt64()));
            (await _nodes[number].Operator.SendAsync("POST", "/v1/plan", FleetServer.File("web:2"))).Is(200);
        }
        var nodes = (await _nodes[2].Operator.GetAsync("/v1/nodes")).Is(200).Json.GetProperty("nodes");
        Assert.False(nodes[0].TryGetProperty("containers", out _));
        Assert.Equal(1, nodes[1].GetProperty("containers").GetProperty("allocs").GetInt32());
        Assert.Equal("draining", (await _nodes[2].Operator.SendAsync("POST", "/v1/nodes/n2/drain")).Is(200).Json.GetProperty("containers").GetProperty("state").GetString());
        (await _nodes[1].Operator.SendAsync("POST", "/v1/nodes/n1/drain")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Logs_come_from_the_node_where_they_are_kept()
    {
        var logs = new FakeLogs();
        _nodes[2].Wrote = logs;
        var node = new FakeNode(_nodes[1].Containers, _nodes.Now, _nodes.Time, _nodes[2].Id);
        await node.ReportAsync();
        (await _nodes[1].Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        await node.UntilIdleAsync();
        var id = _nodes.Now().Fleet.AllocsOf("web").Single().Id;
        foreach (var number in Enumerable.Range(0, 3)) logs.Write(id, _nodes.Time.GetUtcNow().AddSeconds(number), $"line {number}");

        using var kept = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, "/v1/logs/web?tail=2");
        Assert.Equal(["line 1", "line 2"], (await kept.RestAsync()).SkipLast(1).Select(one => one.Data.GetProperty("line").GetString()));

        Assert.Equal("line 0", (await FirstAsync("/v1/logs?tail=3")).Data.GetProperty("line").GetString());
        using var followed = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, "/v1/logs/web?follow=true&tail=1");
        Assert.Equal("line 2", (await followed.NextAsync())!.Value.Data.GetProperty("line").GetString());
        logs.Write(id, _nodes.Time.GetUtcNow(), "later");
        Assert.Equal("later", (await followed.NextAsync())!.Value.Data.GetProperty("line").GetString());
    }

    [Fact]
    public async Task A_node_that_cannot_be_read_is_told_of_and_read_again_where_it_was_left()
    {
        var id = await DeployAsync();
        using var none = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, "/v1/logs/web");
        Assert.Equal("end", (await none.NextAsync())!.Value.Type); // nothing is kept of it: no news

        var (broken, whole) = (new BreakingLogs(), new FakeLogs());
        _nodes[2].Wrote = broken;
        using var events = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, "/v1/logs/web?follow=true");
        Assert.Equal("line 0", (await events.NextAsync())!.Value.Data.GetProperty("line").GetString());
        Assert.Equal("line 1", (await events.NextAsync())!.Value.Data.GetProperty("line").GetString());
        broken.Break.SetResult();
        var lost = (await events.NextAsync())!.Value;
        Assert.Equal(("notice", id, "n2"), (lost.Type, lost.Data.GetProperty("alloc").GetString(), lost.Data.GetProperty("node").GetString()));

        foreach (var number in Enumerable.Range(0, 4)) whole.Write(id, BreakingLogs.Start.AddSeconds(number), $"line {number}");
        _nodes[2].Wrote = whole;
        var next = events.NextAsync();
        while (!next.IsCompleted)
        {
            _nodes.Time.Advance(TimeSpan.FromSeconds(2));
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }
        Assert.Equal("line 2", (await next)!.Value.Data.GetProperty("line").GetString());
        Assert.Equal("line 3", (await events.NextAsync())!.Value.Data.GetProperty("line").GetString());
        Assert.Equal("notice", (await events.NextAsync())!.Value.Type);
    }

    /// <summary>It stands nearest to the world, and its certificate opens nothing that it does not need.</summary>
    [Fact]
    public async Task An_API_node_neither_reports_nor_reads_what_runs()
    {
        var (front, _) = await _nodes.AddFrontAsync(_nodes[1]);
        var caller = _nodes[1].From(front);
        foreach (var path in new[] { PeerPaths.Live, PeerPaths.LogOf("web-1", 1, follow: false) }) (await caller.GetAsync(path)).IsProblem(403, "forbidden");
        var report = NodeReportText.Write(new(front.Id, 4, 1L << 32, new Dictionary<string, string>(), []) { Life = 1, Number = 1 });
        // Nor where another node passes it on to the leader.
        foreach (var asked in new[] { _nodes[1], _nodes[2] }) (await asked.From(front).SendAsync("POST", PeerPaths.Report, report)).IsProblem(403, "forbidden");
        Assert.False(_nodes.Now().Fleet.Nodes.ContainsKey(front.Id));
        Assert.Equal(200, (await _nodes[1].From(_nodes[2]).GetAsync(PeerPaths.Live)).Status);
    }

    [Fact]
    public async Task A_program_runs_on_the_node_of_its_container_whichever_node_or_front_is_asked()
    {
        var id = await DeployAsync();
        _nodes[2].Exec = new FakeExec();
        var (front, _) = await _nodes.AddFrontAsync(_nodes[1]);
        foreach (var asked in new[] { _nodes[1], _nodes[2], front })
        {
            var (output, errors, end) = await ExecAsync(asked, "web", ["cat"], new byte[200_000]);
            Assert.Equal((200_000, $"{id}: cat\n", 7), (output.Length, System.Text.Encoding.UTF8.GetString(errors), end.GetProperty("exit_code").GetInt32()));
            Assert.Equal("container_refused", (await ExecAsync(asked, id, ["missing"], [])).End.GetProperty("problem").GetProperty("code").GetString());
            (await asked.Operator.GetAsync("/v1/exec/wbe")).IsProblem(404, "not_found");
        }
        _nodes[2].Exec = null;
        (await front.As(null).GetAsync("/v1/exec/web")).IsProblem(401, "unauthenticated");
        (await front.Operator.GetAsync("/v1/exec/web")).IsProblem(400, "invalid_request");
    }

    private async Task<(byte[] Output, byte[] Errors, System.Text.Json.JsonElement End)> ExecAsync(TestNode node, string name, string[] command, byte[] input)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {_nodes.OperatorToken}");
        socket.Options.RemoteCertificateValidationCallback = _nodes.Trust.ForServers(_nodes.Time.GetUtcNow);
        await socket.ConnectAsync(new Uri(new UriBuilder(node.Address) { Scheme = "wss" }.Uri, $"/v1/exec/{name}"), limit.Token);
        await socket.SendAsync(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { command }), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        await socket.SendAsync(input, WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
        await socket.SendAsync("""{"end_input":true}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var (all, buffer) = (new[] { new MemoryStream(), new MemoryStream() }, new byte[32 * 1024]);
        while (true)
        {
            var message = new MemoryStream();
            WebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer, limit.Token);
                message.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            var bytes = message.ToArray();
            if (part.MessageType is WebSocketMessageType.Text) return (all[0].ToArray(), all[1].ToArray(), System.Text.Json.JsonDocument.Parse(bytes).RootElement);
            all[bytes[0] - 1].Write(bytes, 1, bytes.Length - 1);
        }
    }

    private async Task<string> DeployAsync()
    {
        var node = new FakeNode(_nodes[1].Containers, _nodes.Now, _nodes.Time, _nodes[2].Id);
        await node.ReportAsync();
        (await _nodes[1].Operator.SendAsync("POST", "/v1/deploys", FleetServer.File())).Is(202);
        await node.UntilIdleAsync();
        return _nodes.Now().Fleet.AllocsOf("web").Single().Id;
    }

    private async Task<(string Type, System.Text.Json.JsonElement Data)> FirstAsync(string path)
    {
        using var events = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, path);
        return (await events.NextAsync())!.Value;
    }

    /// <summary>Breaks off behind the second line, when it is told to.</summary>
    private sealed class BreakingLogs : INodeLogs
    {
        public TaskCompletionSource Break { get; } = new();

        public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public async IAsyncEnumerable<AllocLine> ReadAsync(string allocId, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new(Start, "stdout", "line 0");
            yield return AllocLine.Mark;
            yield return new(Start.AddSeconds(1), "stdout", "line 1");
            await Break.Task.WaitAsync(cancellationToken);
            throw new IOException("the disk is gone");
        }
    }
}
