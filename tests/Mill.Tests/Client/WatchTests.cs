using Microsoft.AspNetCore.Http;
using Mill.Client.Watching;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Client;

public sealed class WatchTests
{
    private const string Target = "GET /v1/secrets:watch?prefix=a";

    [Fact]
    public async Task A_watch_goes_on_where_its_connection_broke()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On(Target, context => FakeMill.WriteAsync(context, 200, "text/event-stream", mill.Seen.Count switch
        {
            1 => ": hello\n\nid: 7\nevent: added\ndata: {\"name\":\"a1\",\"version\":1}\n\nevent: unheard-of\ndata: {}\n\n",
            2 => "id: 8\nevent: rotated\ndata: {\"name\":\"a1\",\"version\":2}\n\n",
            3 => "id: 20\nevent: reset\ndata: {}\n\n",
            _ => "id: 21\nevent: removed\ndata: {\"name\":\"a1\",\"version\":2}\n\n",
        }));
        using var client = mill.Connect();
        var changes = await TakeAsync(client.WatchAsync("a"), 4);
        Assert.Equal(
            [
                new(SecretEventKind.Added, "a1", 1, "7"),
                new(SecretEventKind.Rotated, "a1", 2, "8"),
                new(SecretEventKind.Reset, "", 0, "20"),
                new(SecretEventKind.Removed, "a1", 2, "21"),
            ], changes);
        Assert.Equal([null, "7", "8", "20"], mill.Seen.Select(request => request.Header("Last-Event-ID")));
        Assert.All(mill.Seen, request => Assert.Equal("text/event-stream", request.Header("Accept")));
    }

    /// <summary>Else, what happens until the connection is back would never be told.</summary>
    [Fact]
    public async Task A_watch_to_which_nothing_happened_goes_on_where_it_began()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On(Target, context => FakeMill.WriteAsync(context, 200, "text/event-stream", mill.Seen.Count switch
        {
            1 => "id: 6\n\n",
            2 => "id: 7\n\nevent: added\ndata: {\"name\":\"a1\",\"version\":1}\nid: 8\n", // it breaks before the event is whole
            _ => "event: added\ndata: {\"name\":\"a1\",\"version\":1}\nid: 8\n\n",
        }));
        using var client = mill.Connect();
        Assert.Equal([new(SecretEventKind.Added, "a1", 1, "8")], await TakeAsync(client.WatchAsync("a"), 1));
        Assert.Equal([null, "6", "7"], mill.Seen.Select(request => request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task A_refusal_ends_a_watch_and_a_server_that_is_busy_does_not()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On(Target, context => mill.Seen.Count switch
        {
            1 => FakeMill.WriteAsync(context, 200, "text/event-stream", "id: 1\nevent: added\ndata: {\"name\":\"a\",\"version\":1}\n\n"),
            2 => FakeMill.WriteAsync(context, 503, "text/plain", ""),
            _ => FakeMill.WriteAsync(context, 401, "text/plain", ""),
        });
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => TakeAsync(client.WatchAsync("a"), 2));
        Assert.Equal(MillError.Unauthenticated, failure.Error);
        Assert.Equal(3, mill.Seen.Count);
    }

    [Fact]
    public async Task A_connection_on_which_nothing_comes_counts_as_lost()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On(Target, async context =>
        {
            context.Response.ContentType = "text/event-stream";
            if (mill.Seen.Count > 1) await context.Response.WriteAsync("id: 1\nevent: added\ndata: {\"name\":\"a\",\"version\":1}\n\n");
            else await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var client = new Mill.Client.MillClient(new() { Address = mill.Address, Token = FakeMill.Token, WatchSilence = TimeSpan.FromMilliseconds(50) });
        Assert.Single(await TakeAsync(client.WatchAsync("a"), 1));
    }

    private static async Task<List<SecretEvent>> TakeAsync(IAsyncEnumerable<SecretEvent> changes, int count)
    {
        var taken = new List<SecretEvent>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (var change in changes.WithCancellation(limit.Token))
        {
            taken.Add(change);
            if (taken.Count == count) break;
        }
        return taken;
    }
}
