using Mill.Client.Watching;
using Mill.Secrets;
using Mill.Syncing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What a watch hears of the vault.</summary>
public sealed class VaultSourceTests
{
    private const string Target = "GET /v1/secrets:watch";

    [Fact]
    public async Task Each_connection_begins_with_a_look_at_everything()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On(Target, context => FakeMill.WriteAsync(context, 200, "text/event-stream", mill.Seen.Count switch
        {
            1 => "id: 6\n\n", // it breaks before anything happens
            2 => "event: added\ndata: {\"name\":\"a\",\"version\":1}\nid: 7\n\n",
            _ => "event: reset\ndata: {}\nid: 8\n\n",
        }));
        using var client = mill.Connect();
        var (names, states) = (new List<string>(), new List<WatchState>());
        await foreach (var name in new VaultSource(client).FollowAsync(states.Add, CancellationToken.None))
        {
            names.Add(name);
            if (names.Count is 5) break;
        }
        Assert.Equal(["", "", "a", "", ""], names);
        Assert.Equal([WatchState.Connected, WatchState.Lost, WatchState.Connected], states.Take(3));
    }

    [Fact]
    public async Task A_refusal_is_heard()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail(Target, 403, "forbidden");
        using var client = mill.Connect();
        var names = new VaultSource(client).FollowAsync(_ => { }, CancellationToken.None).GetAsyncEnumerator();
        await using var _ = names;
        Assert.Equal(MillError.Forbidden, (await Assert.ThrowsAsync<MillException>(async () => await names.MoveNextAsync())).Error);
    }
}
