using System.Globalization;
using Mill.Testing;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class WatchTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_watcher_is_told_what_was_added_rotated_and_removed()
    {
        using var watch = await Operator.WatchAsync();
        Assert.Equal("text/event-stream", watch.ContentType);
        await Operator.PutAsync("a", "canary");
        await Operator.PutAsync("a", "canary");
        await Operator.PutAsync("a", "canary-2");
        await Operator.DeleteAsync("a");
        await Operator.PutAsync("a", "canary-3");
        await Operator.SendAsync("POST", "/v1/secrets/a/destroy", new { all = true });
        Assert.Equal(["added a 1", "rotated a 2", "removed a 2", "added a 3", "removed a 3"], await watch.TakeAsync(5));
    }

    [Fact]
    public async Task A_watcher_sees_its_prefix_its_patterns_and_its_tenant()
    {
        var limited = await _server.MakeAsync("reader", allow: ["app/*"], deny: ["app/db/*"]);
        using var prefixed = await Operator.WatchAsync("?prefix=app/");
        using var restricted = await limited.WatchAsync();
        using var elsewhere = await Operator.In("other").WatchAsync();
        foreach (var name in new[] { "x", "app/a", "app/db/p", "app", "app/z" }) await Operator.PutAsync(name, "1");
        await Operator.In("other").PutAsync("app/o", "1");
        await Operator.PutAsync("app/last", "1");
        Assert.Equal(["added app/a 1", "added app/db/p 1", "added app/z 1", "added app/last 1"], await prefixed.TakeAsync(4));
        Assert.Equal(["added app/a 1", "added app/z 1", "added app/last 1"], await restricted.TakeAsync(3));
        Assert.Equal(["added app/o 1"], await elsewhere.TakeAsync(1));
    }

    [Fact]
    public async Task Several_events_of_one_revision_share_one_id_at_their_end()
    {
        using var watch = await Operator.WatchAsync();
        var names = new[] { "c", "a", "b" };
        await Operator.SendAsync("POST", "/v1/transactions", new { operations = names.Select(name => new { op = "set", name, value = "1" }) });
        var frames = new[] { await watch.NextAsync(), await watch.NextAsync(), await watch.NextAsync() };
        Assert.Equal(names.Order(), frames.Select(frame => frame!.Name).Order());
        Assert.Equal([null, null, $"{_server.Now().Revision}"], frames.Select(frame => frame!.Id));
    }

    [Fact]
    public async Task A_stream_that_broke_is_resumed_without_loss_or_doubles()
    {
        var random = new Random(20260101);
        var (seen, last) = (new List<string>(), (string?)null);
        var written = Task.Run(async () =>
        {
            for (var number = 0; number < 60; number++) await Operator.PutAsync($"n{number}", "1");
        });
        using (var start = await Operator.WatchAsync(lastEventId: "2")) last = start.LastId;
        while (seen.Count < 60)
        {
            using var watch = await Operator.WatchAsync(lastEventId: last);
            foreach (var one in await watch.TakeAsync(Math.Min(random.Next(1, 9), 60 - seen.Count))) seen.Add(one);
            last = watch.LastId;
        }
        await written;
        Assert.Equal(Enumerable.Range(0, 60).Select(number => $"added n{number} 1"), seen);
    }

    [Fact]
    public async Task A_point_that_is_not_known_is_answered_with_a_reset()
    {
        await Operator.PutAsync("a", "1");
        using var watch = await Operator.WatchAsync(lastEventId: "9223372036854775807");
        var reset = await watch.NextAsync();
        Assert.Equal(("reset", $"{_server.Now().Revision}"), (reset!.Event, reset.Id));
        await Operator.PutAsync("b", "1");
        Assert.Equal(["added b 1"], await watch.TakeAsync(1));
    }

    [Fact]
    public async Task After_a_restart_the_present_can_be_resumed_and_the_past_cannot()
    {
        await using var store = new InMemoryStateStore();
        var options = new TestServerOptions { Store = store };
        string past, present;
        await using (var before = await TestServer.StartAsync(options))
        {
            past = $"{before.Now().Revision}";
            await before.Operator.PutAsync("a", "1");
            present = $"{before.Now().Revision}";
            options = options with { Operator = before.OperatorToken };
        }
        await using var server = await TestServer.StartAsync(options);
        using var resumed = await server.Operator.WatchAsync(lastEventId: present);
        using var reset = await server.Operator.WatchAsync(lastEventId: past);
        await server.Operator.PutAsync("a", "2");
        Assert.Equal(["rotated a 2"], await resumed.TakeAsync(1));
        Assert.Equal("reset", (await reset.NextAsync())!.Event);
    }

    [Fact]
    public async Task A_quiet_stream_says_where_it_stands()
    {
        using var watch = await Operator.In("quiet").WatchAsync();
        await Operator.PutAsync("a", "1");
        _server.Time.Advance(TimeSpan.FromSeconds(15));
        var position = await watch.NextAsync();
        Assert.Null(position!.Event);
        Assert.True(long.Parse(position.Id!, CultureInfo.InvariantCulture) <= _server.Now().Revision);
    }

    [Theory]
    [InlineData("?prefix=a&prefix=b", null)]
    [InlineData("?name=a", null)]
    [InlineData("", "abc")]
    [InlineData("", "-1")]
    [InlineData("", "9223372036854775808")]
    [InlineData("", "")]
    public async Task What_is_not_understood_opens_no_stream(string query, string? lastEventId) =>
        (await Operator.GetAsync($"/v1/secrets:watch{query}", lastEventId is null ? [] : [("Last-Event-ID", lastEventId)])).IsProblem(400, "invalid_request");
}
