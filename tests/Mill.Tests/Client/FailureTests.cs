using System.Net;
using System.Net.Sockets;
using Mill.Client;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Client;

public sealed class FailureTests
{
    private const string IsSet = """{"name":"a","version":1,"valid_from":"2026-01-01T00:00:00.000000Z","changed":true}""";

    [Fact]
    public async Task A_problem_document_becomes_an_exception_with_all_it_says()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("DELETE /v1/secrets/a", 412, "precondition_failed", ""","current_version":7,"hint":"Read it again.","errors":[{"code":"precondition_failed","detail":"d","pointer":"/a"}]""");
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.DeleteAsync("a", ifVersion: 3));
        Assert.Equal((MillError.PreconditionFailed, 7, "Read it again.", "r-1"), (failure.Error, failure.CurrentVersion, failure.Hint, failure.RequestId));
        Assert.Equal("/a", Assert.Single(failure.Problems).Pointer);
    }

    [Theory]
    [InlineData(401, MillError.Unauthenticated)]
    [InlineData(404, MillError.Internal)]
    [InlineData(502, MillError.NotReady)]
    [InlineData(302, MillError.Internal)]
    public async Task An_answer_without_a_problem_document_is_judged_by_its_status(int status, MillError expected)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/status", context => FakeMill.WriteAsync(context, status, "text/html", "<h1>proxy</h1>"));
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.GetStatusAsync());
        Assert.Equal(expected, failure.Error);
        Assert.Single(mill.Seen);
    }

    [Fact]
    public async Task Where_nobody_listens_the_failure_is_unreachable()
    {
        var mill = await FakeMill.StartAsync();
        using var client = mill.Connect();
        await mill.DisposeAsync();
        using var value = SecretValue.FromText("v");
        var failure = await Assert.ThrowsAsync<MillException>(() => client.SetAsync("a", value));
        Assert.Equal(MillError.Unreachable, failure.Error);
        Assert.Contains("mill dev", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_without_a_body_that_arrived_is_not_called_unsent_because_nobody_listens_any_more()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new MillClient(new() { Address = new($"http://{listener.LocalEndpoint}") });
        var serving = ServeOneConnectionAsync(listener);
        // The connection must be one that was used before: those are what a handler replaces without a word.
        await client.GetHealthAsync();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.DeleteAsync("a"));
        Assert.Equal(MillError.OutcomeUnknown, failure.Error);
        Assert.StartsWith("DELETE /v1/secrets/a", await serving, StringComparison.Ordinal);
    }

    /// <summary>Answers one request, hears the next one, and is gone.</summary>
    private static async Task<string> ServeOneConnectionAsync(TcpListener listener)
    {
        using var connection = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(connection.GetStream());
        await ReadHeadAsync(reader);
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}"u8.ToArray());
        var request = await ReadHeadAsync(reader);
        listener.Stop();
        return request;
    }

    private static async Task<string> ReadHeadAsync(StreamReader reader)
    {
        var first = await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }
        return first!;
    }

    [Fact]
    public async Task A_write_whose_connection_breaks_is_sent_again_under_the_same_key()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", context =>
        {
            if (mill.Seen.Count > 1) return FakeMill.WriteAsync(context, 201, "application/json", IsSet);
            context.Abort();
            return Task.CompletedTask;
        });
        using var client = mill.Connect();
        using var value = SecretValue.FromText("v");
        await client.SetAsync("a", value);
        Assert.Equal(2, mill.Seen.Count);
        Assert.Equal(mill.Seen[0].Header("Idempotency-Key"), mill.Seen[1].Header("Idempotency-Key"));
        Assert.Equal(mill.Seen[0].Body, mill.Seen[1].Body);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_twice_has_an_unknown_outcome()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/secrets/a", Abort);
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.DeleteAsync("a"));
        Assert.Equal(MillError.OutcomeUnknown, failure.Error);
        Assert.Equal(2, mill.Seen.Count);
    }

    [Theory]
    [InlineData(503, "not_ready", MillError.OutcomeUnknown)]
    [InlineData(503, "no_leader", MillError.OutcomeUnknown)]
    [InlineData(429, "rate_limited", MillError.OutcomeUnknown)]
    [InlineData(412, "precondition_failed", MillError.OutcomeUnknown)]
    [InlineData(404, "not_found", MillError.OutcomeUnknown)]
    [InlineData(400, "invalid_request", MillError.InvalidRequest)]
    [InlineData(401, "unauthenticated", MillError.Unauthenticated)]
    public async Task A_refusal_after_a_lost_answer_says_nothing_about_the_attempt_before(int status, string code, MillError expected)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/secrets/a", context =>
        {
            if (mill.Seen.Count > 1) return FakeMill.WriteAsync(context, status, "application/problem+json", $$"""{"type":"about:blank","title":"t","status":{{status}},"detail":"d","code":"{{code}}","request_id":"r-1"}""");
            context.Abort();
            return Task.CompletedTask;
        });
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.DeleteAsync("a"));
        Assert.Equal(expected, failure.Error);
        Assert.Equal(2, mill.Seen.Count);
    }

    [Fact]
    public async Task A_verification_changes_nothing_so_a_lost_answer_leaves_no_doubt()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/verify", Abort);
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.VerifyAsync());
        Assert.Equal(MillError.Unreachable, failure.Error);
    }

    [Fact]
    public async Task A_token_is_never_made_twice()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/tokens", Abort);
        using var client = mill.Connect();
        var failure = await Assert.ThrowsAsync<MillException>(() => client.CreateTokenAsync(new() { Subject = "s", Role = "reader" }));
        Assert.Equal(MillError.OutcomeUnknown, failure.Error);
        Assert.Single(mill.Seen);
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled_and_no_failure()
    {
        await using var mill = await FakeMill.StartAsync();
        using var stop = new CancellationTokenSource();
        mill.On("GET /v1/status", async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var client = mill.Connect();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetStatusAsync(cancellationToken: stop.Token));
    }

    private static Task Abort(Microsoft.AspNetCore.Http.HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
