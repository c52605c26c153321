using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Mill.ClusterTests.Processes;
using Mill.State.Etcd;

namespace Mill.ClusterTests.Etcd;

/// <summary>One etcd that is a cluster by itself, on loopback, with its data in a temporary directory. Disposing ends it and removes the directory.</summary>
internal sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mill-etcd-");
    private readonly Task<string> _output;

    private EtcdServer(string scheme, IPAddress address, int clientPort, int peerPort, IEnumerable<string> arguments)
    {
        Endpoint = new($"{scheme}://{address}:{clientPort}");
        var peer = $"http://127.0.0.1:{peerPort}";
        Process = Process.Start(new ProcessStartInfo("etcd",
        [
            "--data-dir", Path.Combine(_directory.FullName, "data"), "--name", "one", "--logger", "zap", "--log-level", "warn", "--log-outputs", "stderr",
            "--listen-client-urls", Address, "--advertise-client-urls", Address, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", $"one={peer}", .. arguments,
        ])
        { RedirectStandardError = true })!;
        _output = Process.StandardError.ReadToEndAsync();
    }

    public static IReadOnlyList<string> UsualLimits { get; } =
        ["--max-txn-ops", "1024", "--max-request-bytes", $"{8 << 20}", "--heartbeat-interval", "100", "--election-timeout", "1000"];

    public Uri Endpoint { get; }

    public Process Process { get; }

    public EtcdOptions Options => new() { Endpoints = [Endpoint] };

    private string Address => Endpoint.GetLeftPart(UriPartial.Authority);

    public static Task<EtcdServer> StartAsync(params IEnumerable<string> more) => StartAsync(tls: null, [.. UsualLimits, .. more]);

    /// <param name="address">Where it is to be reached; null for loopback.</param>
    public static async Task<EtcdServer> StartAsync(TestAuthority? tls, IEnumerable<string> arguments, IPAddress? address = null)
    {
        var ports = FreePorts(2);
        var server = new EtcdServer(tls is null ? "http" : "https", address ?? IPAddress.Loopback, ports[0], ports[1], [.. arguments, .. tls?.ServerArguments ?? []]);
        try
        {
            await using var store = new EtcdStateStore(server.Options with { Tls = tls?.Client }, TimeProvider.System);
            await Until.TrueAsync("etcd answers", Patience, async () => !server.Process.HasExited && await AnswersAsync(store));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw new InvalidOperationException("etcd did not start: " + await server._output);
        }
    }

    /// <summary>Ports that were free a moment ago.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited) Process.Kill();
        await Process.WaitForExitAsync();
        await _output;
        Process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static async Task<bool> AnswersAsync(EtcdStateStore store)
    {
        try
        {
            await store.GetRevisionAsync(CancellationToken.None);
            return true;
        }
        catch (Secrets.MillException)
        {
            return false;
        }
    }
}
