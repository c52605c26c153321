using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>Sends bytes as they are, and reads every answer until the server closes: for requests that no client library would send.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(40);

    /// <param name="finish">
    /// Say that nothing more comes, once there is an answer or the server seems to wait for the rest of a broken request. Not sooner: a client that hangs
    /// up while its request is under way gets no answer.
    /// </param>
    public static async Task<IReadOnlyList<Answer>> SendAsync(IPEndPoint to, byte[] request, bool finish = true)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(Limit);
        await socket.ConnectAsync(to, limit.Token);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = ReadAsync(socket, answered, limit.Token);
        try
        {
            await socket.SendAsync(request, limit.Token);
            if (finish) await Task.WhenAny(answered.Task, Task.Delay(Patience, TimeProvider.System, limit.Token));
            if (finish) socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server may close before it has read everything: what it said is still read.
        }
        return Parse(await reading);
    }

    public static byte[] Request(string method, string target, string? token, string? body = null, params string[] headers)
    {
        var text = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
        if (token is not null) text.Append($"Authorization: Bearer {token}\r\n");
        foreach (var header in headers) text.Append(header).Append("\r\n");
        if (body is not null && !headers.Any(header => header.StartsWith("Content-Length", StringComparison.Ordinal) || header.StartsWith("Transfer", StringComparison.Ordinal))) text.Append($"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n");
        return Encoding.Latin1.GetBytes(text.Append("\r\n").Append(body).ToString());
    }

    private static async Task<byte[]> ReadAsync(Socket socket, TaskCompletionSource answered, CancellationToken cancellationToken)
    {
        var (all, buffer) = (new MemoryStream(), new byte[8192]);
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellationToken) is var count and > 0)
            {
                all.Write(buffer, 0, count);
                answered.TrySetResult();
            }
        }
        catch (SocketException)
        {
            // Reset: what came before counts.
        }
        answered.TrySetResult();
        return all.ToArray();
    }

    private static List<Answer> Parse(byte[] bytes)
    {
        var (answers, at) = (new List<Answer>(), 0);
        while (at < bytes.Length)
        {
            var end = bytes.AsSpan(at).IndexOf("\r\n\r\n"u8);
            Assert.True(end > 0, "This is no HTTP: " + Encoding.Latin1.GetString(bytes, at, Math.Min(200, bytes.Length - at)));
            var lines = Encoding.Latin1.GetString(bytes, at, end).Split("\r\n");
            var headers = lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
            at += end + 4;
            // An answer to HEAD says how long its body would be, and has none.
            var hasBody = headers.TryGetValue("Content-Length", out var length) && !bytes.AsSpan(at).StartsWith("HTTP/1.1"u8);
            var body = bytes.AsSpan(at, Math.Min(hasBody ? int.Parse(length!, System.Globalization.CultureInfo.InvariantCulture) : 0, bytes.Length - at)).ToArray();
            at += body.Length;
            var status = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            if (status != 100) answers.Add(new(status, headers, body));
        }
        return answers;
    }
}
