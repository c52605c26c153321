using System.Collections.Concurrent;
using Mill.Client;
using Mill.Client.Contracts;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>Clients that ask a service all the time, as one who balances over its allocations has them ask: a new connection each, to one of those that the API called healthy a moment ago.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Clients = 4;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(5);

    private readonly MillClient _client;
    private readonly string _service;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<string, int> _answers = new(StringComparer.Ordinal);
    private volatile Uri[] _addresses = [];
    private Task _work = Task.CompletedTask;

    private SteadyLoad(MillClient client, string service) => (_client, _service) = (client, service);

    /// <summary>What went wrong, as it was told.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>How often each text was the answer.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    public int AnswersOf(string text) => _answers.GetValueOrDefault(text);

    /// <param name="client">Has to stay until this is disposed.</param>
    public static async Task<SteadyLoad> StartAsync(MillClient client, string service)
    {
        var load = new SteadyLoad(client, service);
        load.Take(await client.GetServiceAsync(service));
        load._work = Task.WhenAll([load.FollowAsync(), .. Enumerable.Range(0, Clients).Select(load.AskAsync)]);
        return load;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _work;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private void Take(ServiceResponse seen) => _addresses = [.. seen.Allocations.Where(alloc => alloc is { Status: "healthy", Stopping: false, Address: not null }).Select(alloc => new Uri($"http://{alloc.Address}/index.html"))];

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Refresh, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                Take(await _client.GetServiceAsync(_service));
            }
            catch (Mill.Secrets.MillException e)
            {
                _failures.Enqueue($"the API: {e.Message}");
            }
        }
    }

    private async Task AskAsync(int number)
    {
        while (!_stop.IsCancellationRequested)
        {
            var addresses = _addresses;
            if (addresses.Length is 0) _failures.Enqueue("nobody is healthy");
            else await AskAsync(addresses[number++ % addresses.Length]);
            await Task.Delay(Breath, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AskAsync(Uri address)
    {
        try
        {
            _answers.AddOrUpdate(await _http.GetStringAsync(address), 1, (_, count) => count + 1);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            _failures.Enqueue($"{address}: {e.Message}");
        }
    }
}
