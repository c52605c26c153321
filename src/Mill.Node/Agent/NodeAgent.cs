using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Node.Logs;

namespace Mill.Node.Agent;

/// <summary>
/// Runs the allocations of one node. What is wanted is in the state; this makes it so, and says what became of it. It needs nobody's word for what runs already to go on, and takes it up again after it was away itself.
/// </summary>
public sealed partial class NodeAgent : IDisposable
{
    private readonly NodeAgentOptions _options;
    private readonly ILogger _logger;
    private readonly DockerClient _docker;
    private readonly HttpMessageInvoker _http;
    private readonly LogStore _logs;
    private readonly NodeParts _parts;
    private readonly NodeWork _work;
    private readonly EngineWatch _engine;
    private readonly UsageWatch _usage;
    private readonly NodeReporter _reporter;
    private readonly EngineEvents _events;

    public NodeAgent(NodeAgentOptions options, IReplicatedState state, IVault vault, INodeReports reports, TimeProvider time, ILogger<NodeAgent> logger)
    {
        (_options, _logger) = (options, logger);
        _docker = new(options.Docker, time);
        _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
        _logs = new(options.LogDirectory, time, options.LogRoom, options.LogRetention);
        var (news, signs) = (new Bell(), new Bell());
        _parts = new()
        {
            Node = options.Node,
            Cluster = options.Cluster,
            Address = options.Address,
            Docker = _docker,
            Vault = vault,
            Fleet = async cancellationToken => (await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Fleet,
            Ports = new(),
            Files = new(options.MemoryDirectory, options.ScratchDirectory),
            Logs = _logs,
            Http = _http,
            Time = time,
            Changed = news.Ring,
            Progressed = signs.Ring,
            LeftBehind = LogLeftBehind,
        };
        _work = new(options, state, _parts, logger);
        _engine = new(_docker, time, options.Heartbeat);
        _events = new(options, _docker, _engine, _parts);
        _usage = new(_work, _parts, options.UsageEvery);
        Exec = new NodeExec(_work, _docker);
        _reporter = new(options, _work, _engine, _usage, _parts, news, signs, reports, logger);
    }

    /// <summary>What the containers of this node wrote.</summary>
    public INodeLogs Logs => _logs;

    /// <summary>Programs in the containers of this node.</summary>
    public INodeExec Exec { get; }

    /// <summary>How many containers it watches right now.</summary>
    internal int Watched => _work.Runners().Count(runner => runner.IsWatched);

    /// <summary>Until cancelled. The containers go on.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        LogBegins(_docker.Address.ToString());
        await Task.WhenAll(
            GoOnAsync(_work.RunAsync, cancellationToken),
            GoOnAsync(_engine.RunAsync, cancellationToken),
            GoOnAsync(_events.RunAsync, cancellationToken),
            GoOnAsync(_usage.RunAsync, cancellationToken),
            GoOnAsync(_reporter.RunAsync, cancellationToken)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _work.Dispose();
        _docker.Dispose();
        _http.Dispose();
        _logs.Dispose();
    }

    /// <summary>Whatever nobody has thought of must not end the agent: its node would lose all that it runs.</summary>
    private async Task GoOnAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogUnexpected(e);
            }
            await Task.Delay(_options.RetryAfter, _parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "Containers run on the engine at {Address}")]
    private partial void LogBegins(string address);

    [LoggerMessage(5006, LogLevel.Warning, "Something is left of {Id}, which has ended, trying again: {Reason}")]
    private partial void LogLeftBehind(string id, string reason);

    [LoggerMessage(5007, LogLevel.Error, "The agent goes on after what it did not expect")]
    private partial void LogUnexpected(Exception exception);
}
