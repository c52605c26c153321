using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Mill.Client;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>What a client does by itself when a node goes away, or says that it cannot for a moment.</summary>
public sealed class FallbackTests
{
    private const string IsSet = """{"name":"a","version":1,"valid_from":"2026-01-01T00:00:00.000000Z","changed":true}""";
    private const string Healthy = """{"status":"ok"}""";

    [Fact]
    public async Task Where_a_node_is_gone_the_next_one_is_asked_and_first_from_then_on()
    {
        var (gone, next, client) = await StartAsync();
        await using var __ = next;
        using var ___ = client;
        await gone.DisposeAsync();
        next.On("GET /healthz", Healthy);
        await client.GetHealthAsync();
        await client.GetHealthAsync();
        Assert.Equal(2, next.Seen.Count);
    }

    [Fact]
    public async Task A_node_that_does_not_even_refuse_is_passed_over()
    {
        // Its queue is full, and what comes after that is not answered: as if the machine were gone.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen(0);
        using var stop = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 8).Select(async _ =>
        {
            using var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await one.ConnectAsync(silent.LocalEndPoint!, stop.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
        }).ToList();
        await using var next = await FakeMill.StartAsync();
        next.On("DELETE /v1/secrets/a", "", 204);
        using var client = new MillClient(new() { Address = new($"http://{silent.LocalEndPoint}"), Fallbacks = [next.Address], ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        await client.DeleteAsync("a");
        Assert.Single(next.Seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
    }

    [Fact]
    public async Task A_write_whose_connection_closes_is_sent_to_the_next_one_under_the_same_key()
    {
        var (first, next, client) = await StartAsync();
        await using var __ = first;
        await using var ___ = next;
        using var ____ = client;
        first.On("PUT /v1/secrets/a", Abort);
        next.On("PUT /v1/secrets/a", IsSet, 201);
        using var value = SecretValue.FromText("v");
        await client.SetAsync("a", value);
        Assert.Equal(Assert.Single(first.Seen).Header("Idempotency-Key"), Assert.Single(next.Seen).Header("Idempotency-Key"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_must_not_be_done_twice_goes_on_only_where_nothing_was_sent(bool isGone)
    {
        var (first, next, client) = await StartAsync();
        await using var _ = next;
        using var __ = client;
        if (isGone) await first.DisposeAsync();
        else first.On("POST /v1/tokens", Abort);
        next.On("POST /v1/tokens", """{"id":"t1","token":"x","subject":"s","tenant":"t","role":"reader","allow":[],"deny":[],"created_at":"2026-01-01T00:00:00Z","created_by":"me"}""", 201);
        if (isGone) Assert.Equal("t1", (await CreateAsync()).Id);
        else Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(CreateAsync)).Error);
        Assert.Equal(isGone ? 1 : 0, next.Seen.Count);
        await first.DisposeAsync();

        Task<Mill.Client.Contracts.TokenResponse> CreateAsync() => client.CreateTokenAsync(new() { Subject = "s", Role = "reader" });
    }

    [Fact]
    public async Task A_watch_goes_on_at_the_next_one()
    {
        var (gone, next, client) = await StartAsync();
        await using var __ = next;
        using var ___ = client;
        await gone.DisposeAsync();
        next.On("GET /v1/secrets:watch", context => FakeMill.WriteAsync(context, 200, "text/event-stream", "id: 1\nevent: added\ndata: {\"name\":\"a\",\"version\":1}\n\n"));
        await foreach (var change in client.WatchAsync())
        {
            Assert.Equal("a", change.Name);
            break;
        }
    }

    [Theory]
    [InlineData("no_leader")]
    [InlineData("no_quorum")]
    [InlineData("not_ready")]
    [InlineData("outcome_unknown")]
    public async Task What_is_refused_for_a_moment_is_asked_once_more(string code)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", context => mill.Seen.Count is 1 ? FakeMill.RefuseAsync(context, code, "0") : FakeMill.WriteAsync(context, 201, "application/json", IsSet));
        using var client = mill.Connect();
        using var value = SecretValue.FromText("v");
        await client.SetAsync("a", value);
        Assert.Equal(mill.Seen[0].Header("Idempotency-Key"), mill.Seen[1].Header("Idempotency-Key"));
    }

    [Fact]
    public async Task Where_nothing_was_written_no_key_is_needed_to_ask_again()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/leader/transfer", context => mill.Seen.Count is 1
            ? FakeMill.RefuseAsync(context, "no_leader", "0")
            : FakeMill.WriteAsync(context, 200, "application/json", """{"id":"0123456789abcdef","name":"n2"}"""));
        using var client = mill.Connect();
        Assert.Equal("n2", (await client.TransferLeaderAsync(null)).Name);
    }

    [Theory]
    [InlineData("no_leader", "0", 2, MillError.NoLeader)]
    [InlineData("no_leader", "3600", 1, MillError.NoLeader)]
    [InlineData("rate_limited", "0", 1, MillError.RateLimited)]
    [InlineData("vault_sealed", "0", 1, MillError.VaultSealed)]
    [InlineData("outcome_unknown", "0", 1, MillError.OutcomeUnknown)]
    public async Task But_not_for_ever_and_not_whatever_it_is(string code, string retryAfter, int times, MillError expected)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/leader/transfer", context => FakeMill.RefuseAsync(context, code, retryAfter));
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.TransferLeaderAsync(null));
        Assert.Equal(expected, failure.Error);
        Assert.Equal(times, mill.Seen.Count);
    }

    [Fact]
    public async Task A_refusal_after_an_unknown_outcome_leaves_it_unknown()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", context => FakeMill.RefuseAsync(context, mill.Seen.Count is 1 ? "outcome_unknown" : "no_leader", "0"));
        using var client = mill.Connect();
        using var value = SecretValue.FromText("v");
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => client.SetAsync("a", value))).Error);
        Assert.Equal(2, mill.Seen.Count);
    }

    [Fact]
    public async Task A_node_that_joins_shows_no_token_and_may_ask_again()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/nodes/join", context => mill.Seen.Count is 1 ? Abort(context) : FakeMill.WriteAsync(context, 200, "application/json", """
            {"node_id":"0123456789abcdef","cluster_id":"c","certificate":"C","authority":"A","needed_key_id":"k","master_key":"/wA=","members":[{"id":"0123456789abcdef","name":"n2","address":"10.0.0.2","api_port":4400,"peer_port":2380,"role":"both"}]}
            """));
        using var client = mill.Connect();
        using var joined = await client.JoinAsync(new()
        {
            Token = "mill_join_x",
            Name = "n2",
            Address = "10.0.0.2",
            ApiPort = 4400,
            PeerPort = 2380,
            Role = "both",
            Version = "0.1.0",
            CertificateRequest = "R",
        });
        Assert.Equal([0xff, 0x00], joined.MasterKey!.Reveal(bytes => bytes.ToArray()));
        Assert.Equal("n2", Assert.Single(joined.Members).Name);
        Assert.Equal(2, mill.Seen.Count);
        Assert.All(mill.Seen, request => Assert.Null(request.Header("Authorization")));
    }

    [Theory]
    [InlineData("no_leader", MillError.NoLeader)]
    [InlineData("outcome_unknown", MillError.OutcomeUnknown)]
    public async Task A_call_whose_time_ends_while_it_waits_ends_with_what_the_server_said(string code, MillError said)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", context => FakeMill.RefuseAsync(context, code, "1"));
        using var client = new MillClient(new() { Address = mill.Address, Token = FakeMill.Token, Timeout = TimeSpan.FromSeconds(1.01), Time = new TimeWithoutPauses() });
        using var value = SecretValue.FromText("x");
        Assert.Equal(said, (await Assert.ThrowsAsync<MillException>(() => client.SetAsync("a", value))).Error);
    }

    private static async Task<(FakeMill First, FakeMill Next, MillClient Client)> StartAsync()
    {
        var (first, next) = (await FakeMill.StartAsync(), await FakeMill.StartAsync());
        return (first, next, new(new() { Address = first.Address, Fallbacks = [next.Address], Token = FakeMill.Token }));
    }

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>What waits for a second waits for ever, so the time for the whole call ends first.</summary>
    private sealed class TimeWithoutPauses : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(1) ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
