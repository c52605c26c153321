using System.Diagnostics;
using System.Net.Sockets;

namespace Mill.Benchmarks.Servers;

/// <summary>
/// Three etcd members of their own, on the same disk and with the same settings as those that Mill runs: TLS between them, and none between a member and who asks it,
/// as on the socket between Mill and its engine. What etcd itself can do.
/// </summary>
internal sealed class EtcdCluster : IAsyncDisposable
{
    private const int ClientPort = 2379;

    private static readonly string[] Hosts = ["127.0.2.1", "127.0.2.2", "127.0.2.3"];

    private readonly List<Process> _members = [];

    private EtcdCluster()
    {
    }

    /// <summary>A member that leads: the others would only pass on what they are asked.</summary>
    public string Host { get; private set; } = Hosts[0];

    public int Port => ClientPort;

    public static async Task<EtcdCluster> StartAsync(string directory)
    {
        var cluster = new EtcdCluster();
        try
        {
            var peer = PeerCertificate.Create(Directory.CreateDirectory(directory).FullName, Hosts);
            var all = string.Join(',', Hosts.Select((host, index) => $"m{index}=https://{host}:2380"));
            foreach (var (host, index) in Hosts.Select((host, index) => (host, index)))
            {
                string[] arguments =
                [
                    "--name", $"m{index}", "--data-dir", Path.Combine(directory, $"etcd-{index}"),
                    "--listen-client-urls", $"http://{host}:{ClientPort}", "--advertise-client-urls", $"http://{host}:{ClientPort}",
                    "--listen-peer-urls", $"https://{host}:2380", "--initial-advertise-peer-urls", $"https://{host}:2380",
                    "--peer-cert-file", peer.Certificate, "--peer-key-file", peer.Key, "--peer-trusted-ca-file", peer.Certificate, "--peer-client-cert-auth",
                    "--initial-cluster", all, "--initial-cluster-state", "new", "--heartbeat-interval", "100", "--election-timeout", "600", "--pre-vote",
                    "--logger", "zap", "--log-outputs", "stderr", "--log-level", "error",
                ];
                var process = Process.Start(new ProcessStartInfo("etcd", arguments) { RedirectStandardError = true })!;
                process.ErrorDataReceived += static (_, _) => { };
                process.BeginErrorReadLine();
                cluster._members.Add(process);
            }
            cluster.Host = await LeaderAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            member.Kill();
            await member.WaitForExitAsync();
            member.Dispose();
        }
    }

    private static async Task<string> LeaderAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var http = new HttpClient();
        while (true)
        {
            foreach (var host in Hosts)
            {
                try
                {
                    using var response = await http.PostAsync(new Uri($"http://{host}:{ClientPort}/v3/maintenance/status"), new StringContent("{}"), limit.Token);
                    using var status = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStreamAsync(limit.Token));
                    var root = status.RootElement;
                    if (root.TryGetProperty("leader", out var leader) && leader.GetString() == root.GetProperty("header").GetProperty("member_id").GetString()) return host;
                }
                catch (Exception e) when (e is HttpRequestException or SocketException)
                {
                    // Not there yet.
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }
    }
}
