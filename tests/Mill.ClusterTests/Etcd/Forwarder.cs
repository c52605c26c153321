using System.Net;
using System.Net.Sockets;

namespace Mill.ClusterTests.Etcd;

/// <summary>A network between us and a server, that can be cut or, worse, just stop carrying anything.</summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _running = [];
    private readonly Lock _lock = new();
    private readonly Uri _target;
    private TaskCompletionSource _carrying = Open();

    public Forwarder(Uri target)
    {
        _target = target;
        _listener.Start();
        Endpoint = new UriBuilder(target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _running.Add(AcceptAsync());
    }

    public Uri Endpoint { get; }

    /// <summary>How many connections were ever made.</summary>
    public int Connections { get; private set; }

    /// <summary>Connections stay, new ones are accepted, and nothing gets through any more, without a word.</summary>
    public void Freeze() => _carrying = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What waited goes on.</summary>
    public void Thaw() => _carrying.TrySetResult();

    /// <summary>Ends every connection there is. New ones work.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _sockets.ForEach(socket => socket.Close(0));
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        _listener.Stop();
        Thaw();
        Cut();
        Task[] running;
        lock (_lock) running = [.. _running];
        await Task.WhenAll(running);
        _stop.Dispose();
        _listener.Dispose();
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var from = await _listener.AcceptSocketAsync(_stop.Token);
                var to = new Socket(SocketType.Stream, ProtocolType.Tcp);
                lock (_lock)
                {
                    Connections++;
                    _sockets.AddRange([from, to]);
                    _running.Add(ConnectAsync(from, to));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ConnectAsync(Socket from, Socket to)
    {
        try
        {
            await to.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            await Task.WhenAny(CarryAsync(from, to), CarryAsync(to, from));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server is gone: so is this connection.
        }
        from.Close();
        to.Close();
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await _carrying.Task.WaitAsync(_stop.Token);
                var count = await from.ReceiveAsync(buffer, _stop.Token);
                await _carrying.Task.WaitAsync(_stop.Token);
                if (count == 0) return;
                await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
