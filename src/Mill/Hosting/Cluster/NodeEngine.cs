using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Mill.State.Etcd.Process;
using Mill.State.Restores;

namespace Mill.Hosting.Cluster;

/// <summary>The replicated engine as one node has it: the way to the store and, unless somebody else runs that, an etcd member of its own.</summary>
internal sealed class NodeEngine : IAsyncDisposable
{
    /// <summary>Shorter than etcd's own second: a lost node costs its leases' time and twice this before another can lead.</summary>
    private const int ElectionMilliseconds = 600;

    private readonly EtcdProcess? _process;
    private readonly EtcdUpkeep _upkeep;
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;

    private NodeEngine(EtcdProcess? process, EtcdStateStore store, IEngineMembers members, EtcdUpkeep upkeep) =>
        (_process, Store, Members, _upkeep) = (process, new(store, store), members, upkeep);

    public ShiftedStore Store { get; }

    public IEngineMembers Members { get; }

    /// <param name="tls">What etcd shows to other members, and whom it believes.</param>
    /// <param name="neighbours">The other nodes that run members; null where there are none.</param>
    /// <param name="alone">The other members are lost: this one goes on without them, with what it has.</param>
    public static NodeEngine Create(
        NodeDirectory directory, NodeFile file, EtcdTlsFiles tls, TimeProvider time, ILoggerFactory loggers, EtcdNeighbours? neighbours = null, bool alone = false)
    {
        if (file.ForeignEtcd is { } foreign)
        {
            var far = new EtcdStateStore(Options(foreign), time);
            return new(process: null, far, new ForeignEtcdEngine(far), new(far, new(), time, loggers.CreateLogger<EtcdUpkeep>()));
        }
        var options = Options(directory, file, tls) with { ForcesNewCluster = alone };
        var store = new EtcdStateStore(EtcdOptions.At(options), time);
        var own = new OwnEtcdMember(file.NodeName, directory.Engine, neighbours ?? EtcdNeighbours.None);
        var upkeep = new EtcdUpkeep(store, new() { Own = own, QuotaBytes = options.QuotaBytes }, time, loggers.CreateLogger<EtcdUpkeep>());
        return new(new(options, time, loggers.CreateLogger<EtcdProcess>()), store, new EtcdEngine(store.Members, options.ClientUrl, upkeep), upkeep);
    }

    /// <summary>Starts it, and returns once it answers. Its failure to start at all is that of <see cref="Failure"/>, too.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_process is null) return;
        _running = _process.RunAsync(_stop.Token);
        var answers = _process.AnswersAsync(cancellationToken);
        await (await Task.WhenAny(answers, _running).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Ends only where the engine cannot be run at all.</summary>
    public Task Failure => _running ?? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);

    /// <summary>See <see cref="EtcdUpkeep.MakeRoomAsync"/>. Not while <see cref="TendAsync"/> runs.</summary>
    public Task<bool> MakeRoomAsync(CancellationToken cancellationToken) => _upkeep.MakeRoomAsync(cancellationToken);

    /// <summary>Looks after it until cancelled.</summary>
    public Task TendAsync(CancellationToken cancellationToken) => _upkeep.RunAsync(cancellationToken);

    /// <summary>Stops etcd, too. A leader among its members hands its office on meanwhile.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is { } running) await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _upkeep.Dispose();
        _stop.Dispose();
    }

    private static EtcdProcessOptions Options(NodeDirectory directory, NodeFile file, EtcdTlsFiles tls) => new()
    {
        Binary = file.Etcd,
        Name = file.NodeName,
        DataDirectory = directory.Engine,
        LogFile = directory.EngineLog,
        SocketDirectory = directory.Run,
        Address = IPAddress.Parse(file.Address),
        PeerPort = file.PeerPort,
        PeerTls = tls,
        InitialCluster = (file.InitialCluster ?? throw new InvalidOperationException("The node was not let into the engine yet.")).ToDictionary(member => member.Key, member => new Uri(member.Value)),
        JoinsExisting = file.JoinsExisting,
        ElectionMilliseconds = ElectionMilliseconds,
        QuotaBytes = StorageQuota.Of(file),
    };

    private static EtcdOptions Options(ForeignEtcd foreign) => new() { Endpoints = [.. foreign.Endpoints.Select(url => new Uri(url))], Tls = Tls(foreign) };

    private static EtcdTls? Tls(ForeignEtcd foreign)
    {
        if (foreign.Certificate is null || foreign.Key is null || foreign.Authority is null) return null;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(foreign.Authority);
            return new(X509Certificate2.CreateFromPemFile(foreign.Certificate, foreign.Key), authorities);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new MillException(MillError.Usage, $"The files for etcd cannot be used: {e.Message}", e) { Hint = "Check --etcd-ca, --etcd-cert and --etcd-key: PEM files, the key without a password." };
        }
    }
}
