using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>How streams end: properly when the server stops, at once when the token is no longer good, and never with an error in the log.</summary>
public sealed class WatchEndTests
{
    [Fact]
    public async Task Streams_end_when_the_server_stops()
    {
        var server = await TestServer.StartAsync();
        var watches = new List<EventStream>();
        for (var number = 0; number < 20; number++) watches.Add(await server.Operator.WatchAsync());
        await server.Operator.PutAsync("a", "1");

        var stopping = server.StopAsync();
        foreach (var watch in watches)
        {
            while (await watch.NextAsync() is { } frame) Assert.Equal("added a 1", frame.ToString());
            watch.Dispose();
        }
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(server.Logs.Errors);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_goes_away_is_no_error()
    {
        var server = await TestServer.StartAsync();
        for (var number = 0; number < 20; number++)
        {
            using var watch = await server.Operator.WatchAsync();
            await server.Operator.PutAsync("a", $"{number}");
            await watch.TakeAsync(1);
        }
        await server.Operator.PutAsync("a", "last");
        await server.StopAsync(); // every stream is over then, and has logged what it had to log
        Assert.Empty(server.Logs.Errors);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_revoked_token_is_told_nothing_more()
    {
        await using var server = await TestServer.StartAsync();
        var reader = await server.MakeAsync("reader");
        using var watch = await reader.WatchAsync();
        await server.Operator.PutAsync("before", "1");
        Assert.Equal(["added before 1"], await watch.TakeAsync(1));
        await server.Operator.SendAsync("DELETE", $"/v1/tokens/{reader.TokenId}");
        await server.Operator.PutAsync("after", "1");
        await Assert.ThrowsAnyAsync<IOException>(() => watch.NextAsync());
        await server.Operator.GetAsync("/v1/status");
        Assert.Empty(server.Logs.Errors);
    }

    [Fact]
    public async Task A_stream_ends_soon_after_its_token_expired_even_if_nothing_happens()
    {
        await using var server = await TestServer.StartAsync();
        var reader = await server.MakeAsync("reader", expiresIn: "1m");
        using var watch = await reader.WatchAsync();
        server.Time.Advance(TimeSpan.FromMinutes(2));
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await watch.NextAsync() is { Event: null })
            {
                // A position that was on its way.
            }
        });
        await server.Operator.GetAsync("/v1/status");
        Assert.Empty(server.Logs.Errors);
    }

    [Fact]
    public async Task A_watcher_that_goes_away_leaves_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        for (var number = 0; number < 20; number++)
        {
            using var watch = await server.Operator.WatchAsync();
            await server.Operator.PutAsync("a", $"{number}");
        }
        await server.Operator.PutAsync("a", "last");
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(server.Logs.Errors);
    }
}
