using System.Globalization;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Mill.Client.Contracts;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>One program in a container, and the client that speaks with it.</summary>
/// <remarks>
/// 1. The client sends an <see cref="ExecRequest"/> as text.
/// 2. It sends the program's input as binary messages, and <see cref="ExecControl"/>s as text.
/// 3. The server sends what the program writes as binary messages: a byte for the stream, 1 or 2, and what was written.
/// 4. It sends an <see cref="ExecEnd"/> as text, and closes. A client that is gone ends the program's input.
/// </remarks>
internal sealed class ExecSession(WebSocket socket, INodeExec exec, string alloc, TimeProvider time) : IDisposable
{
    private const int MostOfText = 128 * 1024;
    private const int MostOfCommand = 1024;
    private const int MostOfSide = 10_000; // in characters

    /// <summary>For the first message, and for the client to close.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Pipe _input = new();
    private readonly Channel<TerminalSize> _sizes = Channel.CreateBounded<TerminalSize>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private byte[] _output = [];
    private bool _inputEnded;

    /// <param name="stillMay">Asked now and then; throws once the caller may no longer do this.</param>
    /// <param name="gone">Cancelled when the client is.</param>
    /// <returns>How it ended, in words.</returns>
    public async Task<string> RunAsync(Func<Task> stillMay, string requestId, CancellationToken shutdown, CancellationToken gone)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var receiving = Task.CompletedTask;
        try
        {
            var request = await FirstAsync(stop.Token).ConfigureAwait(false);
            receiving = ReceiveAsync(stop.Token);
            var code = await ProgramAsync(request, receiving, stillMay, shutdown, gone).ConfigureAwait(false);
            await EndAsync(new() { ExitCode = code }, receiving).ConfigureAwait(false);
            return string.Create(CultureInfo.InvariantCulture, $"exit code {code}");
        }
        catch (MillException e)
        {
            await EndAsync(new() { Problem = ProblemReply.Of(e, requestId) }, receiving).ConfigureAwait(false);
            return e.Error.ToCode();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            return "the client is gone";
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _sending.Dispose();

    /// <summary>To its end, or until nobody is there any more, or may be. Nothing reads or writes here afterwards.</summary>
    private async Task<int> ProgramAsync(ExecRequest request, Task receiving, Func<Task> stillMay, CancellationToken shutdown, CancellationToken gone)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var sizes = request.Terminal is null ? null : _sizes.Reader.ReadAllAsync(stop.Token);
        var running = exec.RunAsync(alloc, new(request.Command, sizes is not null), new(_input.Reader.AsStream(), WriteAsync, sizes), stop.Token);
        var watching = WatchAsync(stillMay, shutdown, stop.Token);
        try
        {
            var first = await Task.WhenAny(running, watching, receiving).ConfigureAwait(false);
            if (first == running) return await running.ConfigureAwait(false);
            await first.ConfigureAwait(false);
            throw new OperationCanceledException("The client has closed.");
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // What is still sent to it is dropped, and holds nobody up.
            await _input.Reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task<ExecRequest> FirstAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var first = await socket.ReceiveAsync(_buffer.AsMemory(), either.Token).ConfigureAwait(false);
        if (first.MessageType is not WebSocketMessageType.Text) throw Invalid("The first message says what to run.");
        var request = Read<ExecRequest>(await TextAsync(first, either.Token).ConfigureAwait(false));
        if (request.Command is not { Count: > 0 and <= MostOfCommand } || request.Command[0].Length is 0 || request.Command.Any(one => one is null || one.Contains('\0', StringComparison.Ordinal))) throw Invalid("The command names a program.");
        if (request.Terminal is { } size) Resize(size);
        return request;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isError, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Copied, so that it goes out at once: where it was cut off between two parts, what is sent next would be the rest of it.
            if (_output.Length <= bytes.Length) _output = new byte[bytes.Length + 1];
            _output[0] = (byte)(isError ? 2 : 1);
            bytes.CopyTo(_output.AsMemory(1));
            await socket.SendAsync(_output.AsMemory(0, bytes.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Until the client closes, or is gone. A program that does not read holds its client up, and not the memory.</summary>
    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (part.MessageType is WebSocketMessageType.Close) return;
            if (part.MessageType is WebSocketMessageType.Binary)
            {
                if (!_inputEnded) await _input.Writer.WriteAsync(_buffer.AsMemory(0, part.Count), cancellationToken).ConfigureAwait(false);
                continue;
            }
            var control = Read<ExecControl>(await TextAsync(part, cancellationToken).ConfigureAwait(false));
            if (control.Terminal is { } size) Resize(size);
            if (!control.EndInput) continue;
            _inputEnded = true;
            await _input.Writer.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(Func<Task> stillMay, CancellationToken shutdown, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(shutdown, cancellationToken);
        while (true)
        {
            await Task.Delay(EventWriter.Heartbeat, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (shutdown.IsCancellationRequested) throw new MillException(MillError.NotReady, "The server stops.") { Hint = "The program may go on in the container. Run another one through another node." };
            await stillMay().ConfigureAwait(false);
        }
    }

    private void Resize(TerminalItem size)
    {
        if (size.Columns is < 1 or > MostOfSide || size.Rows is < 1 or > MostOfSide) throw Invalid("A terminal has from 1 to 10,000 columns, and as many rows.");
        _sizes.Writer.TryWrite(new(size.Columns, size.Rows));
    }

    private async Task<ReadOnlyMemory<byte>> TextAsync(ValueWebSocketReceiveResult part, CancellationToken cancellationToken)
    {
        var text = new MemoryStream();
        text.Write(_buffer, 0, part.Count);
        while (!part.EndOfMessage)
        {
            part = await socket.ReceiveAsync(_buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            text.Write(_buffer, 0, part.Count);
            if (text.Length > MostOfText) throw new MillException(MillError.TooLarge, "The message is larger than is taken here.");
        }
        return text.GetBuffer().AsMemory(0, (int)text.Length);
    }

    private static T Read<T>(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text.Span, ApiJson.Strict.TypeInfo<T>()) ?? throw Invalid("The message is not what is expected here.");
        }
        catch (JsonException)
        {
            // The cause is dropped: it may quote an argument.
            throw Invalid("The message is not what is expected here.");
        }
    }

    private static MillException Invalid(string detail) => new(MillError.InvalidRequest, detail);

    /// <summary>Tells the end where there is anybody to tell, and waits until they have it: what is under way is lost with a connection that is cut.</summary>
    private async Task EndAsync(ExecEnd end, Task receiving)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await _sending.WaitAsync(limit.Token).ConfigureAwait(false);
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(end, ApiJson.Strict.TypeInfo<ExecEnd>()).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, limit.Token).ConfigureAwait(false);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token).ConfigureAwait(false);
            await receiving.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or InvalidOperationException or MillException)
        {
            // It is gone, or has said something wrong, and is told no more.
        }
    }
}
