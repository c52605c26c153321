using System.Net.Sockets;
using System.Text;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary><c>GET /v1/backup</c>: everything at one revision, sealed, and recognisably incomplete where it breaks off.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task It_holds_what_the_store_holds_byte_for_byte_but_for_the_head()
    {
        await using var store = new InMemoryStateStore();
        await using var server = await FilledAsync(new() { Store = store });
        var stored = await store.ReadAsync(RecordKey.Root, default);

        var answer = (await server.Operator.GetAsync("/v1/backup")).Is(200);
        var (header, entries) = await ReadAsync(answer.Text);

        Assert.Equal(stored.Entries.Where(entry => entry.Key != new HeadKey().ToString()).Select(Line), entries.Order(StringComparer.Ordinal));
        Assert.Equal($"{stored.Revision}", answer.Header("Mill-Revision"));
        Assert.Equal((stored.Revision, server.Now().CommitTime, "1.2.3"), (header.Revision, header.CommitTime, header.MadeBy));
        Assert.Equal(Timestamp.From(server.Time.GetUtcNow()), header.MadeAt);

        static string Line(StoreEntry entry) => $"{entry.Key} {Encoding.UTF8.GetString(entry.Value.Span)}";
    }

    [Fact]
    public async Task It_says_no_value_no_token_and_no_key()
    {
        await using var server = await FilledAsync();
        var text = (await server.Operator.GetAsync("/v1/backup")).Is(200).Text;

        string[] secrets = ["canary", Convert.ToBase64String("canary"u8), server.OperatorToken.Split('_')[2], server.Options.MasterKey!];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_needs_no_master_key()
    {
        await using var store = new InMemoryStateStore();
        string operatorToken;
        await using (var server = await FilledAsync(new() { Store = store })) operatorToken = server.OperatorToken;
        await using var isSealed = await TestServer.StartAsync(new() { Store = store, MasterKey = null, Operator = operatorToken });

        Assert.NotEmpty((await ReadAsync((await isSealed.As(operatorToken).GetAsync("/v1/backup")).Is(200).Text)).Entries);
    }

    [Fact]
    public async Task An_argument_is_refused()
    {
        await using var server = await FilledAsync();
        (await server.Operator.GetAsync("/v1/backup?tenant=other")).IsProblem(400, "invalid_request");
    }

    /// <summary>A client that does not read on holds up no write, is cut off, and makes room for others.</summary>
    [Fact]
    public async Task Clients_that_stop_reading_are_cut_off_and_hold_nothing_up()
    {
        await using var server = await FilledAsync(new() { Kestrel = kestrel => kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 100_000, gracePeriod: TimeSpan.FromSeconds(6)) });
        for (var i = 0; i < 40; i++) await server.Operator.PutAsync($"large/{i}", new string((char)('a' + i % 26), 250_000));
        var stuck = new List<Socket>();
        try
        {
            for (var i = 0; i < 4; i++) stuck.Add(await AskAsync(server));
            await UntilAsync(async () => (await server.Operator.GetAsync("/v1/backup")).Status == 429);
            await server.Operator.PutAsync("meanwhile", "canary");
            await UntilAsync(async () => (await server.Operator.GetAsync("/v1/backup")).Status == 200);
        }
        finally
        {
            stuck.ForEach(socket => socket.Dispose());
        }
        Assert.Empty(server.Logs.Errors);
    }

    [Fact]
    public async Task A_server_that_stops_in_the_middle_leaves_what_is_no_whole_backup()
    {
        await using var server = await FilledAsync();
        for (var i = 0; i < 40; i++) await server.Operator.PutAsync($"large/{i}", new string((char)('a' + i % 26), 250_000));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/backup");
        request.Headers.Authorization = new("Bearer", server.OperatorToken);
        using var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        var first = new byte[1000];
        await body.ReadExactlyAsync(first);
        received.Write(first);

        var stopping = server.StopAsync();

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(received));
        await stopping;
        Assert.Equal(MillError.BackupRejected, (await Assert.ThrowsAsync<MillException>(() => ReadAsync(Encoding.UTF8.GetString(received.ToArray())))).Error);
        Assert.Empty(server.Logs.Errors);
    }

    private static async Task<TestServer> FilledAsync(TestServerOptions? options = null)
    {
        var server = await TestServer.StartAsync(options);
        await server.Operator.PutAsync("a", "canary 1");
        await server.Operator.PutAsync("a", "canary 2");
        await server.Operator.In("other").SetAsync("a", "canary", ("Idempotency-Key", "once"));
        await server.MakeAsync("reader", "other");
        await server.Operator.SendAsync("PUT", "/v1/retention", new { max_versions = 5 });
        (await server.Operator.SendAsync("POST", "/v1/secrets/a/destroy", new { versions = new[] { 1 } })).Is(204);
        return server;
    }

    private static async Task<(BackupHeader Header, List<string> Entries)> ReadAsync(string text)
    {
        using var from = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var reader = await BackupReader.OpenAsync(from, "the answer", default);
        var entries = new List<string>();
        await foreach (var entry in reader.ReadAsync(default)) entries.Add($"{entry.Key} {Encoding.UTF8.GetString(entry.Value.Span)}");
        return (reader.Header, entries);
    }

    /// <summary>Asks, and reads no more of the answer than that there is one.</summary>
    private static async Task<Socket> AskAsync(TestServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(server.EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/backup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.OperatorToken}\r\n\r\n"));
        await socket.ReceiveAsync(new byte[12]);
        return socket;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "It did not come true.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
