using System.Net.WebSockets;
using System.Text;
using Mill.Core.Ports;
using Mill.Server.Api.Fleet;
using Xunit;

namespace Mill.Tests.Server.Fleet;

public sealed class ExecSessionTests
{
    [Fact]
    public async Task What_is_cut_off_while_it_is_sent_leaves_no_half_of_a_message_before_the_end()
    {
        using var shutdown = new CancellationTokenSource();
        using var socket = new SlowSocket(shutdown);
        using var session = new ExecSession(socket, new Talker(), "web-1", TimeProvider.System);
        Assert.Equal("not_ready", await session.RunAsync(() => Task.CompletedTask, "r", shutdown.Token, default));

        Assert.Equal([(WebSocketMessageType.Binary, true), (WebSocketMessageType.Text, true)], socket.Sent.Select(part => (part.Type, part.IsEnd)));
        Assert.Equal("\u0002said", socket.Sent[0].Text);
        Assert.Contains("not_ready", socket.Sent[1].Text, StringComparison.Ordinal);
    }

    /// <summary>A program that says one thing.</summary>
    private sealed class Talker : INodeExec
    {
        public async Task<int> RunAsync(string allocId, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken)
        {
            await streams.Output("said"u8.ToArray(), true, cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }

    /// <summary>The server begins to stop while the first part is under way, and it comes through.</summary>
    private sealed class SlowSocket(CancellationTokenSource shutdown) : WebSocket
    {
        private readonly TaskCompletionSource _closed = new();
        private bool _isAsked;

        public List<(WebSocketMessageType Type, bool IsEnd, string Text)> Sent { get; } = [];

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => WebSocketState.Open;

        public override string? SubProtocol => null;

        public override void Abort() => _closed.TrySetResult();

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        }

        public override void Dispose()
        {
        }

        public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
        {
            if (!_isAsked)
            {
                _isAsked = true;
                return new(Encoding.UTF8.GetBytes("""{"command":["sh"]}""", buffer), WebSocketMessageType.Text, endOfMessage: true);
            }
            await _closed.Task.WaitAsync(cancellationToken);
            return new(0, WebSocketMessageType.Close, endOfMessage: true);
        }

        public override async Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Sent.Add((messageType, endOfMessage, Encoding.UTF8.GetString(buffer)));
            if (Sent.Count > 1) return;
            await shutdown.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
