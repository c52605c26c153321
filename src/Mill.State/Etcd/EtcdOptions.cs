using System.Security.Cryptography.X509Certificates;
using Mill.Core.Ports;
using Mill.State.Etcd.Process;

namespace Mill.State.Etcd;

/// <summary>Where etcd answers, and how long to wait for it. The values that etcd itself must be started with say so.</summary>
public sealed record EtcdOptions
{
    /// <summary>The client addresses of the members. Calls go to the one that answered last; the others stand in for it.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>Who we are and whom we believe. Null only where etcd listens on loopback without TLS.</summary>
    public EtcdTls? Tls { get; init; }

    /// <summary>
    /// The unix socket of the one member there is to ask; null where the endpoints are reached over the network. The endpoint then only stands for a name.
    /// </summary>
    public string? Socket { get; init; }

    /// <summary>Longest time to make a connection, its TLS handshake included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest silence of one member in one call: what a member that hangs costs, once.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a call goes on asking one member after the other. The attempt under way is still waited for.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The member that <see cref="EtcdProcess"/> runs for us alone.</summary>
    public static EtcdOptions At(EtcdProcessOptions process) => new()
    {
        Endpoints = [process.ClientUrl],
        Tls = process.OurTls,
        Socket = process.SocketPath,
        WhenFull = StorageAdvice.Full,
    };

    /// <summary>What to do when the database has reached its quota.</summary>
    public string WhenFull { get; init; } = StorageAdvice.FullElsewhere;

    /// <summary>Silence after which a watch asks the quorum whether it missed something.</summary>
    public TimeSpan WatchIdle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Operations in one transaction. etcd's <c>--max-txn-ops</c> must be no less; its default is 128.</summary>
    public int MaxTransactionOperations { get; init; } = 1024;

    /// <summary>
    /// Bytes of one transaction as etcd counts them. etcd's <c>--max-request-bytes</c> must be no less; its default is 1.5 MiB. 8 MiB hold 256 sets of all that
    /// fits into one request, with the versions they replace, or a value of 256 KiB and its predecessor, in base64, ten times over.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 8 << 20;
}

/// <summary>Mutual TLS: our own certificate, and the only authorities whose certificates are believed; the system's are not.</summary>
/// <param name="Certificate">With its private key, and good for client authentication.</param>
/// <param name="Authorities">Whoever may have signed the members' certificates.</param>
public sealed record EtcdTls(X509Certificate2 Certificate, X509Certificate2Collection Authorities);
