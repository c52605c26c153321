using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Agent;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Server;
using Mill.Vault;

namespace Mill.Hosting.Fleet;

/// <summary>What runs containers on one server: the office, which decides where this one leads, and the agent, where there is an engine. Neither may take the vault down: what fails is said, and begun again.</summary>
internal sealed partial class FleetHost(FleetOffice office, FleetNode? node, IReplicatedState state, IVault vault, INodeReports reports, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Several reports of a node that lives, and a pause of the machine.</summary>
    public static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = loggers.CreateLogger<FleetHost>();
    private volatile NodeAgent? _agent;

    /// <summary>What the containers of this server wrote; null where it runs none.</summary>
    public INodeLogs? Logs => _agent?.Logs;

    /// <summary>Programs in the containers of this server; null where it runs none.</summary>
    public INodeExec? Exec => _agent?.Exec;

    /// <summary>What nodes said last of what is not kept.</summary>
    public static LiveView LiveOf(FleetOffice office)
    {
        var live = office.Live.Values;
        return new([.. live.SelectMany(node => node.Usage)], [.. live.SelectMany(node => node.Pulls)]);
    }

    /// <summary>Until cancelled. The containers go on.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        KeepAsync("What decides what runs", office.RunAsync, cancellationToken),
        node is null ? Task.CompletedTask : KeepAsync("What runs containers here", stop => RunAgentAsync(node, stop), cancellationToken));

    private async Task RunAgentAsync(FleetNode node, CancellationToken cancellationToken)
    {
        var cluster = await KnownCluster.IdAsync(state, cancellationToken).ConfigureAwait(false);
        using var agent = new NodeAgent(node.Options(cluster), state, vault, reports, time, loggers.CreateLogger<NodeAgent>());
        _agent = agent;
        try
        {
            await agent.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _agent = null;
        }
    }

    private async Task KeepAsync(string what, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await run(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (MillException e)
            {
                LogFailed(what, e.Message);
            }
#pragma warning disable CA1031 // Whatever is wrong with what runs containers, secrets are served.
            catch (Exception e)
#pragma warning restore CA1031
            {
                // The message of an unforeseen exception is not logged: nobody knows what it quotes.
                LogUnforeseen(what, e.GetType().Name, e.StackTrace);
            }
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(3310, LogLevel.Warning, "{What} has failed, and begins again: {Reason}")]
    private partial void LogFailed(string what, string reason);

    [LoggerMessage(3311, LogLevel.Error, "{What} has failed with an unforeseen {Exception}, and begins again\n{StackTrace}")]
    private partial void LogUnforeseen(string what, string exception, string? stackTrace);
}

/// <summary>The node that an agent is for.</summary>
/// <param name="Id">Null for a server that is no node of a cluster.</param>
/// <param name="Address">At which others reach what runs here.</param>
internal sealed record FleetNode(NodeId? Id, string Address, ContainerPlace Place, string DataDirectory)
{
    public NodeAgentOptions Options(string cluster)
    {
        var id = Id ?? KnownCluster.LoneNodeOf(cluster);
        return new()
        {
            Node = id,
            Cluster = cluster,
            Address = Address,
            Docker = Place.Docker,
            Labels = Place.Labels,
            MemoryDirectory = MemoryPlace.Find(id, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")),
            ScratchDirectory = Path.Combine(DataDirectory, "containers"),
            LogDirectory = Path.Combine(DataDirectory, "logs"),
            LogRetention = Place.LogRetention,
            LogRoom = Place.LogRoom,
            AgentFile = NodeRemains.FileIn(DataDirectory),
            WriteFile = static (path, content) => PrivateFile.Write(path, content),
        };
    }
}
