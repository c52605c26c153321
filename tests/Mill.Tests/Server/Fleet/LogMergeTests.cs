using Mill.Core.Model;
using Mill.Hosting.Fleet;
using Mill.Server;
using Mill.Server.Api.Fleet;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>How long lines of several containers wait for each other.</summary>
public sealed class LogMergeTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(15);

    private FleetServer _fleet = null!;
    private List<string> _ids = [];

    private DateTimeOffset Now => _fleet.Server.Time.GetUtcNow();

    public async Task InitializeAsync()
    {
        _fleet = await FleetServer.StartAsync();
        await _fleet.DeployAsync(FleetServer.File(more: "replicas = 3"));
        _ids = [.. _fleet.Server.Now().Fleet.AllocsOf("web").Select(alloc => alloc.Id)];
    }

    public async Task DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task A_line_waits_for_one_that_was_written_before_it_and_comes_later_and_for_no_longer_than_that()
    {
        foreach (var id in _ids) _fleet.Logs.Write(id, Now, "kept");
        using var merge = await FollowAsync();
        // The third is silent all the time.
        _fleet.Logs.Write(_ids[0], Now.AddMilliseconds(2), "second");
        _fleet.Logs.Write(_ids[1], Now.AddMilliseconds(1), "first");
        _fleet.Logs.Write(_ids[0], Now.AddMilliseconds(3), "third");
        await PassedAsync(3);
        var next = merge.NextAsync(Long, CancellationToken.None);
        _fleet.Server.Time.Advance(Window - TimeSpan.FromTicks(1));
        Assert.False(next.IsCompleted);
        _fleet.Server.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["first", "second", "third"], (await next)!.Select(one => one.Line!.Line));
        await merge.StopAsync();
    }

    [Fact]
    public async Task Where_nobody_writes_nothing_is_said_after_a_while_and_it_goes_on()
    {
        foreach (var id in _ids) _fleet.Logs.Write(id, Now, "kept");
        using var merge = await FollowAsync();
        var next = merge.NextAsync(Long, CancellationToken.None);
        _fleet.Server.Time.Advance(Long);
        Assert.Empty((await next)!);
        _fleet.Logs.Write(_ids[2], Now, "at last");
        await PassedAsync(1);
        next = merge.NextAsync(Long, CancellationToken.None);
        _fleet.Server.Time.Advance(Window);
        Assert.Equal("at last", Assert.Single((await next)!).Line!.Line);
        await merge.StopAsync();
    }

    [Fact]
    public async Task A_reader_of_what_is_not_kept_yet_leaves_nothing_behind()
    {
        using var merge = Merge();
        merge.Begin(_fleet.Server.Now());
        var next = merge.NextAsync(Long, CancellationToken.None);
        _fleet.Server.Time.Advance(Long);
        Assert.Empty((await next)!);
        await merge.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>As far as it is told what comes, and no longer what there was.</summary>
    private async Task<LogMerge> FollowAsync()
    {
        var (merge, server) = (Merge(), _fleet.Server);
        merge.Begin(server.Now());
        for (var kept = 0; kept < _ids.Count;)
        {
            var next = merge.NextAsync(Long, CancellationToken.None);
            while (!next.IsCompleted)
            {
                server.Time.Advance(Window);
                await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
            }
            kept += (await next)!.Count;
        }
        await UntilAsync(() => _fleet.Logs.Following == _ids.Count);
        return merge;
    }

    private LogMerge Merge()
    {
        var server = _fleet.Server;
        var parts = new FleetParts(server.State, server.Office, () => FleetHost.LiveOf(server.Office), () => _fleet.Logs, () => null);
        var view = new FleetView(parts, cluster: null, new("1", "n1", "vault+api", "memory", () => "", Now), server.Time);
        return new(new(parts, null, view, server.Time), new("web", TenantId.Default), 10, follow: true, server.Time, CancellationToken.None);
    }

    private Task PassedAsync(int lines) => UntilAsync(() => _fleet.Logs.Passed == lines);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
