using System.Globalization;

namespace Mill.State.Etcd.Process;

/// <summary>The command line of a member (https://etcd.io/docs/v3.4/op-guide/configuration/). Anybody on the machine may read it: paths, and no secrets.</summary>
internal static class EtcdArguments
{
    public const string DataDirectory = "--data-dir";

    public static IReadOnlyList<string> Of(EtcdProcessOptions options) =>
    [
        "--name", options.Name,
        DataDirectory, options.DataDirectory,
        "--listen-client-urls", Client(options),
        "--advertise-client-urls", Client(options),
        "--listen-peer-urls", Text(options.PeerUrl),
        "--initial-advertise-peer-urls", Text(options.PeerUrl),
        "--initial-cluster", string.Join(',', options.InitialCluster.Select(member => $"{member.Key}={Text(member.Value)}")),
        "--initial-cluster-state", options.JoinsExisting ? "existing" : "new",
        "--initial-cluster-token", options.ClusterToken,
        .. options.ForcesNewCluster ? (string[])["--force-new-cluster"] : [],
        "--heartbeat-interval", Text(options.HeartbeatMilliseconds), "--election-timeout", Text(options.ElectionMilliseconds),
        "--pre-vote", // a member that comes back does not unseat a leader that does well
        "--max-txn-ops", Text(options.MaxTransactionOperations),
        "--max-request-bytes", Text(options.MaxRequestBytes),
        "--quota-backend-bytes", Text(options.QuotaBytes),
        "--snapshot-count", Text(options.SnapshotCount),
        "--logger", "zap", "--log-outputs", "stderr",
        .. options.ClientTls is { } client
            ? (string[])["--cert-file", client.Certificate, "--key-file", client.Key, "--trusted-ca-file", client.Authority, "--client-cert-auth"] : [],
        .. options.PeerTls is { } peer
            ? (string[])["--peer-cert-file", peer.Certificate, "--peer-key-file", peer.Key, "--peer-trusted-ca-file", peer.Authority, "--peer-client-cert-auth"] : [],
        .. options.PeerTls?.Revocations is { } revocations ? (string[])["--peer-crl-file", revocations] : [],
    ];

    private static string Client(EtcdProcessOptions options) => options.SocketDirectory is null ? Text(options.ClientUrl) : $"unix://{EtcdProcessOptions.SocketName}";

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
