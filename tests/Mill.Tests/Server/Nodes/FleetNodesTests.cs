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

        using var followed = await SseReader.OpenAsync(_nodes[1].Http, _nodes.OperatorToken, "/v1/logs/web?follow=true&tail=1");
        Assert.Equal("line 2", (await followed.NextAsync())!.Value.Data.GetProperty("line").GetString());
        logs.Write(id, _nodes.Time.GetUtcNow(), "later");
        Assert.Equal("later", (await followed.NextAsync())!.Value.Data.GetProperty("line").GetString());
    }
}
