using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Mill.Benchmarks.Servers;

/// <summary>Three nodes of one cluster, each a process with an etcd of its own, on three addresses of this machine's loopback.</summary>
internal sealed class MillCluster : IAsyncDisposable
{
    public const int Port = 4400;

    private static readonly string[] Hosts = ["127.0.1.1", "127.0.1.2", "127.0.1.3"];

    private readonly string _executable;
    private readonly string _home;
    private readonly ChildProcess?[] _nodes = new ChildProcess?[Hosts.Length];
#pragma warning disable CA5359 // The nodes were started here, and listen on loopback only.
    private readonly HttpClient _http = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } }) { Timeout = TimeSpan.FromSeconds(10) };
#pragma warning restore CA5359

    private MillCluster(string executable, string home) => (_executable, _home) = (executable, home);

    public string Token { get; private set; } = "";

    public static async Task<MillCluster> StartAsync(string executable, string home)
    {
        var cluster = new MillCluster(executable, home);
        try
        {
            await cluster.FoundAsync();
            for (var node = 1; node < Hosts.Length; node++) await cluster.JoinAsync(node);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string HostOf(int node) => Hosts[node];

    /// <summary>Which node leads, as the given one knows it; null while nobody does.</summary>
    public async Task<int?> FindLeaderAsync(int asked)
    {
        using var status = await StatusAsync(asked);
        var leader = status.RootElement.GetProperty("leader").GetString();
        return leader is { Length: > 0 } ? Array.FindIndex(Hosts, host => NameOf(host) == leader) : null;
    }

    public async Task<int> LeaderAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            for (var node = 0; node < Hosts.Length; node++)
            {
                try
                {
                    if (_nodes[node] is not null && await FindLeaderAsync(node) is { } leader) return leader;
                }
                catch (HttpRequestException)
                {
                    // Not there yet.
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>SIGKILL, to Mill and to its etcd: as if the machine were gone.</summary>
    public async Task KillAsync(int node)
    {
        var etcd = int.Parse(await File.ReadAllTextAsync(Path.Combine(DataOf(node), "etcd.pid")));
        using (var process = Process.GetProcessById(etcd)) process.Kill();
        _nodes[node]!.Kill();
        await _nodes[node]!.DisposeAsync();
        _nodes[node] = null;
    }

    /// <summary>Stops a node as systemd would.</summary>
    public async Task StopAsync(int node)
    {
        await _nodes[node]!.DisposeAsync();
        _nodes[node] = null;
    }

    /// <summary>Starts a node again; returns once it says that it serves.</summary>
    public async Task RestartAsync(int node) =>
        (_nodes[node], _) = await ChildProcess.StartAsync(_executable, ["server", "--data-dir", DataOf(node)], _home);

    /// <summary>A write that may be sent again under the same name; false where it was not acknowledged.</summary>
    public async Task<bool> TryWriteAsync(int node, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Url(node, $"/v1/secrets/{name}")) { Content = new StringContent("""{"value":"v"}""", new MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("Idempotency-Key", name);
        try
        {
            using var answer = await _http.SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async Task WriteOnceAsync(int node)
    {
        if (!await TryWriteAsync(node, $"once-{Guid.NewGuid():n}")) throw new InvalidOperationException("A write failed although nothing was wrong.");
    }

    /// <summary>A linearizable read of a name that must be there.</summary>
    public async Task ReadAsync(int node, string name)
    {
        using var answer = await _http.GetAsync(Url(node, $"/v1/secrets/{name}"));
        answer.EnsureSuccessStatusCode();
    }

    public async Task TransferAsync(int asked)
    {
        using var answer = await _http.PostAsync(Url(asked, "/v1/leader/transfer"), new StringContent("{}", new MediaTypeHeaderValue("application/json")));
        answer.EnsureSuccessStatusCode();
    }

    public long ResidentBytes(int node) => _nodes[node]!.ResidentBytes();

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.OfType<ChildProcess>()) await node.DisposeAsync();
        _http.Dispose();
    }

    private async Task FoundAsync()
    {
        Directory.CreateDirectory(_home);
        (_nodes[0], _) = await ChildProcess.StartAsync(_executable, ["init", "--advertise", Hosts[0], "--name", NameOf(Hosts[0]), "--data-dir", DataOf(0)], _home);
        Token = (await File.ReadAllTextAsync(Path.Combine(DataOf(0), "operator.token"))).Trim();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    private async Task JoinAsync(int node)
    {
        using var answer = await _http.PostAsync(Url(0, "/v1/join-tokens"), new StringContent("{}", new MediaTypeHeaderValue("application/json")));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync());
        var file = Path.Combine(_home, "join.token");
        await File.WriteAllTextAsync(file, body.RootElement.GetProperty("token").GetString());
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (_nodes[node], _) = await ChildProcess.StartAsync(
            _executable, ["join", Hosts[0], "--token-file", file, "--advertise", Hosts[node], "--name", NameOf(Hosts[node]), "--data-dir", DataOf(node)], _home);
    }

    private async Task<JsonDocument> StatusAsync(int node) =>
        JsonDocument.Parse(await _http.GetStreamAsync(Url(node, "/v1/status?consistency=local")));

    private static Uri Url(int node, string path) => new($"https://{Hosts[node]}:{Port}{path}");

    private string DataOf(int node) => Path.Combine(_home, $"node-{node}");

    private static string NameOf(string host) => "node-" + host[(host.LastIndexOf('.') + 1)..];
}
