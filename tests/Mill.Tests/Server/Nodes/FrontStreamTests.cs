using Microsoft.AspNetCore.Http;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>Answers that go on through a front.</summary>
public sealed class FrontStreamTests
{
    /// <summary>For what must come without time passing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_watch_is_streamed_as_it_happens()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        using var watch = await front.Operator.WatchAsync();
        await cluster[1].Operator.PutAsync("a", "1");
        Assert.Equal(["added a 1"], await watch.TakeAsync(1));
        await front.Operator.PutAsync("a", "2");
        Assert.Equal(["rotated a 2"], await watch.TakeAsync(1));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_behind_it_breaks_off_before_it()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var seen = new TaskCompletionSource();
        var half = new Recorder(async (http, _) =>
        {
            await http.Response.WriteAsync("{\"half\":1}\n");
            await http.Response.Body.FlushAsync();
            await seen.Task;
            http.Abort();
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(half.ServeAsync));
        using var answer = await front.Http.GetAsync(new Uri(front.Address, "/v1/backup"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("{\"half\":1}", await reader.ReadLineAsync());
        seen.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadLineAsync());
        Assert.Empty(front.Logs.Errors);
    }

    [Fact]
    public async Task Stopping_ends_its_streams()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        using var watch = await front.Operator.WatchAsync();
        await front.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(4));
    }

    [Theory]
    [InlineData(true, 9)]
    [InlineData(false, 90)]
    public async Task An_answer_that_has_begun_goes_on(bool hasLength, int seconds)
    {
        const int Large = 20_000; // more than is held here before the first of it goes out
        await using var cluster = await TestNodes.StartAsync(1);
        var rest = new TaskCompletionSource();
        var slow = new Recorder(async (http, _) =>
        {
            if (hasLength) http.Response.ContentLength = Large + 4;
            await http.Response.WriteAsync(new string('h', Large));
            await http.Response.Body.FlushAsync();
            await rest.Task;
            await http.Response.WriteAsync("rest");
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        using var answer = await front.Http.GetAsync(new Uri(front.Address, "/v1/backup"), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal('h', (char)reader.Read());
        cluster.Time.Advance(TimeSpan.FromSeconds(seconds));
        rest.SetResult();
        Assert.Equal(new string('h', Large - 1) + "rest", await reader.ReadToEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task A_stream_that_has_nothing_to_say_yet_has_begun_all_the_same()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var quiet = new Recorder(static async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(quiet.ServeAsync));
        using var answer = await front.Http.GetAsync(new Uri(front.Address, "/v1/logs/web?follow=true"), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        Assert.Equal((200, "text/event-stream"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
    }
}
