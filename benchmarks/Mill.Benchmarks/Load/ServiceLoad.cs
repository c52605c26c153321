using System.Diagnostics;
using Mill.Client;

namespace Mill.Benchmarks.Load;

/// <summary>A steady load on whichever allocations of a service are healthy, as one who balances over them has it: it learns a tenth of a second later who is to be asked.</summary>
internal sealed class ServiceLoad(MillClient client, string service, int perSecond) : IAsyncDisposable
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stop = new();
    private volatile Uri[] _addresses = [];
    private Task _work = Task.CompletedTask;
    private TimeSpan _took;
    private int _sent;
    private int _failed;

    public async Task StartAsync()
    {
        await LookAsync();
        _work = Task.WhenAll(FollowAsync(), SendAsync());
    }

    public async Task<LoadCount> StopAsync()
    {
        await _stop.CancelAsync();
        await _work;
        return new(_sent, _failed, _took);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        var seen = await client.GetServiceAsync(service);
        _addresses = [.. seen.Allocations.Where(alloc => alloc is { Status: "healthy", Stopping: false, Address: not null }).Select(alloc => new Uri($"http://{alloc.Address}/"))];
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Refresh, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LookAsync();
        }
    }

    /// <summary>At its rate, however long the answers take: what was not sent in time is sent at once.</summary>
    private async Task SendAsync()
    {
        var running = new List<Task>();
        var start = Stopwatch.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            var addresses = _addresses;
            for (var due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond); _sent < due; _sent++)
            {
                if (addresses.Length is 0) Interlocked.Increment(ref _failed);
                else running.Add(AskAsync(addresses[_sent % addresses.Length]));
            }
            running.RemoveAll(task => task.IsCompleted);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
        _took = Stopwatch.GetElapsedTime(start);
        await Task.WhenAll(running);
    }

    private async Task AskAsync(Uri address)
    {
        try
        {
            using var answer = await _http.GetAsync(address);
            if (!answer.IsSuccessStatusCode) Interlocked.Increment(ref _failed);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Interlocked.Increment(ref _failed);
        }
    }
}

/// <summary>What came of a load.</summary>
internal sealed record LoadCount(int Sent, int Failed, TimeSpan Took)
{
    public static LoadCount operator +(LoadCount one, LoadCount other) => new(one.Sent + other.Sent, one.Failed + other.Failed, one.Took + other.Took);
}
