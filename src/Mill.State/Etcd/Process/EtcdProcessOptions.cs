using System.Net;

namespace Mill.State.Etcd.Process;

/// <summary>One etcd member as Mill starts it.</summary>
public sealed record EtcdProcessOptions
{
    /// <summary>etcd 3.4 wants a host and a port, and takes both for the name of the file, in the directory it runs in.</summary>
    internal const string SocketName = "etcd:0";

    /// <summary>The etcd program; null for the one on PATH.</summary>
    public string? Binary { get; init; }

    /// <summary>Its name in the cluster; the same for ever.</summary>
    public required string Name { get; init; }

    /// <summary>Where it keeps everything. Beside it stand its process id, in <c>DIRECTORY.pid</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where it writes what it says. Beside it stands the file before, with <c>.1</c> at its end.</summary>
    public required string LogFile { get; init; }

    /// <summary>Size at which a new log file is begun; so twice this is the most there is.</summary>
    public long LogBytes { get; init; } = 16 << 20;

    /// <summary>
    /// A directory of our own to hold the unix socket at which we alone reach it. It then has no client port: whoever could call that could write past the leader.
    /// Null: it listens on the client port.
    /// </summary>
    public string? SocketDirectory { get; init; }

    /// <summary>Where the other members reach it, and we, without a socket; it listens there and nowhere else.</summary>
    public required IPAddress Address { get; init; }

    public int ClientPort { get; init; } = 2379;

    public int PeerPort { get; init; } = 2380;

    /// <summary>
    /// The members by name, with their peer addresses, this one too: all that begin a new cluster together, or all that are there when this one joins.
    /// Only looked at while the data directory is empty.
    /// </summary>
    public required IReadOnlyDictionary<string, Uri> InitialCluster { get; init; }

    /// <summary>True for a member that was added to a cluster that exists.</summary>
    public bool JoinsExisting { get; init; }

    /// <summary>
    /// True to go on without the other members, which are lost for good: it makes itself the only one. Never for a member that is to have others again while it runs.
    /// </summary>
    public bool ForcesNewCluster { get; init; }

    /// <summary>Keeps members of different clusters apart that begin under the same addresses.</summary>
    public string ClusterToken { get; init; } = "mill";

    /// <summary>Null only on loopback.</summary>
    public EtcdTlsFiles? ClientTls { get; init; }

    /// <summary>Null only on loopback.</summary>
    public EtcdTlsFiles? PeerTls { get; init; }

    /// <summary>How we ask it whether it answers.</summary>
    public EtcdTls? OurTls { get; init; }

    /// <summary>How large its database may grow before nothing is written any more.</summary>
    public long QuotaBytes { get; init; } = EtcdUpkeepOptions.DefaultQuotaBytes;

    public int HeartbeatMilliseconds { get; init; } = 100;

    /// <summary>
    /// Silence of etcd's leader after which another is elected. All members should have the same. No lease lives shorter than one and a half times this, and every
    /// lease is given its whole time and this again when etcd's leader changes.
    /// </summary>
    public int ElectionMilliseconds { get; init; } = 1000;

    /// <summary>Log entries after which it writes a snapshot of itself.</summary>
    public int SnapshotCount { get; init; } = 10_000;

    /// <summary>See <see cref="EtcdOptions.MaxTransactionOperations"/>.</summary>
    public int MaxTransactionOperations { get; init; } = 1024;

    /// <summary>See <see cref="EtcdOptions.MaxRequestBytes"/>.</summary>
    public int MaxRequestBytes { get; init; } = 8 << 20;

    /// <summary>How long it may take to stop before it is killed. A leader hands its office on meanwhile.</summary>
    public TimeSpan StopAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What we call.</summary>
    public Uri ClientUrl => SocketDirectory is null ? Url(ClientTls, ClientPort) : new("http://localhost");

    /// <summary>Null where it is reached over the network.</summary>
    public string? SocketPath => SocketDirectory is null ? null : Path.Combine(SocketDirectory, SocketName);

    public Uri PeerUrl => Url(PeerTls, PeerPort);

    private Uri Url(EtcdTlsFiles? tls, int port) => new UriBuilder(tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, Address.ToString(), port).Uri;
}

/// <summary>Certificate files of a member. It must be good for a server and for a client: members call each other with it.</summary>
/// <param name="Authority">Whoever calls must have a certificate that this one signed.</param>
/// <param name="Revocations">
/// Certificates with which another member does not get in, although that one signed them: a list in DER or PEM. It is read anew with every connection, and
/// must always be there.
/// </param>
public sealed record EtcdTlsFiles(string Certificate, string Key, string Authority, string? Revocations = null);
