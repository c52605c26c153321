using System.Net.Sockets;
using System.Text;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Hostile;

/// <summary>Connections that misbehave.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(new()
    {
        // The limits of the server, only sooner.
        Kestrel = kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(2));
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(2);
        },
    });

    public async Task DisposeAsync()
    {
        (await _server.Operator.SetAsync("still", "serving")).Is(201);
        Assert.True(_server.Logs.Errors.Count == 0, string.Join(Environment.NewLine, _server.Logs.Errors));
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_given_up()
    {
        var request = RawHttp.Request("PUT", "/v1/secrets/a", _server.OperatorToken, "{", "Content-Length: 1000");
        Assert.Single(await RawHttp.SendAsync(_server.EndPoint, request, finish: false)).IsProblem(408, "request_timeout");
    }

    [Fact]
    public async Task Headers_that_never_end_are_given_up_with_a_bare_status()
    {
        var answer = Assert.Single(await RawHttp.SendAsync(_server.EndPoint, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: "u8.ToArray(), finish: false));
        Assert.Equal((408, 0, "close"), (answer.Status, answer.Body.Length, answer.Header("Connection")));
    }

    [Fact]
    public async Task Requests_in_a_row_are_answered_in_a_row()
    {
        byte[] requests = [];
        for (var number = 0; number < 50; number++) requests = [.. requests, .. RawHttp.Request("PUT", $"/v1/secrets/p{number}", _server.OperatorToken, """{"value":"x"}""", number == 49 ? "Connection: close" : "X: y")];
        var answers = await RawHttp.SendAsync(_server.EndPoint, requests, finish: false);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"p{number}"), answers.Select(answer => answer.Is(201).Json.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_client_that_waits_to_be_told_to_go_on_is_told()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.EndPoint);
        var stream = client.GetStream();
        var request = RawHttp.Request("PUT", "/v1/secrets/a", _server.OperatorToken, """{"value":"x"}""", "Expect: 100-continue");
        var head = request.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        await stream.WriteAsync(request.AsMemory(0, head));
        var buffer = new byte[25];
        await stream.ReadExactlyAsync(buffer);
        Assert.StartsWith("HTTP/1.1 100 Continue", Encoding.ASCII.GetString(buffer), StringComparison.Ordinal);
        await stream.WriteAsync(request.AsMemory(head));
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 12));
        Assert.Equal("HTTP/1.1 201", Encoding.ASCII.GetString(buffer, 0, 12));
    }

    [Fact]
    public async Task A_client_that_is_refused_is_not_told_to_send_its_body()
    {
        var request = RawHttp.Request("PUT", "/v1/secrets/a", "wrong", "", "Expect: 100-continue", "Content-Length: 100000");
        (await RawHttp.SendAsync(_server.EndPoint, request, finish: false))[0].IsProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Clients_that_hang_up_in_the_middle_leave_no_trace()
    {
        var revision = _server.Now().Revision;
        for (var number = 0; number < 1000; number++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
            await socket.ConnectAsync(_server.EndPoint);
            var request = RawHttp.Request("PUT", "/v1/secrets/gone", _server.OperatorToken, """{"value":"x"}""");
            await socket.SendAsync(request.AsMemory(0, request.Length - 1 - (number % 30)));
        }
        (await _server.Operator.GetAsync("/v1/secrets/gone")).IsProblem(404, "not_found");
        Assert.Equal(revision, _server.Now().Revision);
    }
}
