using System.Net.WebSockets;
using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>One program in a container, from this side of its connection. The messages are those of <see cref="ExecRequest"/> and the others beside it.</summary>
internal sealed class Exec(Transport transport, string target, ProgramStreams streams) : IDisposable
{
    private const int MostOfText = 1 << 20;

    /// <summary>A way in which nothing is said for long may be forgotten by what is on it.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _sending = new(1);

    public async Task<int> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sizes = streams.Sizes?.GetAsyncEnumerator(stop.Token);
        var (input, resizing) = (Task.CompletedTask, Task.CompletedTask);
        try
        {
            var terminal = sizes is not null && await sizes.MoveNextAsync().ConfigureAwait(false) ? sizes.Current : null;
            var key = new WebSocketKey();
            using var call = new Call(HttpMethod.Get, target) { Upgrade = key };
            using var response = await transport.OpenAsync(call, cancellationToken).ConfigureAwait(false);
            if (!key.IsAnsweredBy(response)) throw Body.NotUnderstood();
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { KeepAliveInterval = KeepAlive });
            await SendAsync(socket, new ExecRequest { Command = command, Terminal = terminal }, stop.Token).ConfigureAwait(false);
            // Neither is waited for at the end: a terminal may not come back from a read.
            input = Task.Run(() => PumpAsync(socket, stop.Token), CancellationToken.None);
            resizing = terminal is null ? Task.CompletedTask : ResizeAsync(socket, sizes!, stop.Token);
            return await ReceiveAsync(socket, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            throw Problems.BrokenOff(transport.Address, e);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await resizing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (sizes is not null) await sizes.DisposeAsync().ConfigureAwait(false);
            // What it failed with is nobody's news any more.
            _ = input.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task<int> ReceiveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var (text, to) = (new MemoryStream(), (Stream?)null);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (part.MessageType is WebSocketMessageType.Close) throw new IOException("the connection was closed before the program ended");
            if (part.MessageType is WebSocketMessageType.Text)
            {
                text.Write(buffer, 0, part.Count);
                if (text.Length > MostOfText) throw Body.NotUnderstood();
                if (part.EndOfMessage) return await EndAsync(socket, Body.Read<ExecEnd>(text.GetBuffer().AsSpan(0, (int)text.Length)), cancellationToken).ConfigureAwait(false);
                continue;
            }
            var bytes = buffer.AsMemory(0, part.Count);
            if (to is null && bytes.Length > 0) (to, bytes) = (bytes.Span[0] is 2 ? streams.Errors : streams.Output, bytes[1..]);
            if (bytes.Length > 0) await WriteAsync(to!, bytes, cancellationToken).ConfigureAwait(false);
            if (part.EndOfMessage) to = null;
        }
    }

    /// <summary>Whoever reads what the program writes may have gone: that is no failure of the connection.</summary>
    private static async Task WriteAsync(Stream to, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await to.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await to.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new MillException(MillError.Internal, $"What the program wrote cannot be written here: {e.Message}", e);
        }
    }

    private static async Task<int> EndAsync(WebSocket socket, ExecEnd end, CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            // All that matters has come.
        }
        return end switch
        {
            { Problem: { } problem } => throw new MillException(MillErrorCodes.FromCode(problem.Code), problem.Detail) { Hint = problem.Hint, RequestId = problem.RequestId },
            { ExitCode: { } code } => code,
            _ => throw Body.NotUnderstood(),
        };
    }

    private async Task PumpAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        for (int read; (read = await streams.Input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            await SendAsync(socket, buffer.AsMemory(0, read), WebSocketMessageType.Binary, cancellationToken).ConfigureAwait(false);
        await SendAsync(socket, new ExecControl { EndInput = true }, cancellationToken).ConfigureAwait(false);
    }

    private async Task ResizeAsync(WebSocket socket, IAsyncEnumerator<TerminalItem> sizes, CancellationToken cancellationToken)
    {
        while (await sizes.MoveNextAsync().ConfigureAwait(false)) await SendAsync(socket, new ExecControl { Terminal = sizes.Current }, cancellationToken).ConfigureAwait(false);
    }

    private Task SendAsync<T>(WebSocket socket, T message, CancellationToken cancellationToken) =>
        SendAsync(socket, JsonSerializer.SerializeToUtf8Bytes(message, ApiJson.Lenient.TypeInfo<T>()), WebSocketMessageType.Text, cancellationToken);

    private async Task SendAsync(WebSocket socket, ReadOnlyMemory<byte> bytes, WebSocketMessageType type, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(bytes, type, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }
}
