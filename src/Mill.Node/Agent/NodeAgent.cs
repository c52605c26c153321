using System.Globalization;
using Microsoft.Extensions.Logging;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>
/// Runs the allocations of one node. What is wanted is in the state; this makes it so, and says what became of it. It needs nobody's word for what runs already to go on, and takes it up again after it was away itself.
/// </summary>
public sealed partial class NodeAgent : IDisposable
{
    private readonly NodeAgentOptions _options;
    private readonly IReplicatedState _state;
    private readonly INodeReports _reports;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DockerClient _docker;
    private readonly HttpMessageInvoker _http;
    private readonly NodeParts _parts;
    private readonly Dictionary<string, AllocRunner> _runners = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _news = new(0);

    public NodeAgent(NodeAgentOptions options, IReplicatedState state, IVault vault, INodeReports reports, TimeProvider time, ILogger<NodeAgent> logger)
    {
        (_options, _state, _reports, _time, _logger) = (options, state, reports, time, logger);
        _docker = new(options.Docker, time);
        _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
        _parts = new()
        {
            Node = options.Node,
            Address = options.Address,
            Docker = _docker,
            Vault = vault,
            Fleet = async cancellationToken => (await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Fleet,
            Ports = new(),
            Files = new(options.MemoryDirectory, options.ScratchDirectory),
            Http = _http,
            Time = time,
            Changed = () => _news.Release(),
        };
    }

    /// <summary>Until cancelled. The containers go on.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var info = await WhenReachedAsync(_docker.InfoAsync, cancellationToken).ConfigureAwait(false);
        LogReached(_docker.Address.ToString(), info.ServerVersion ?? "?");
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var work = FollowAsync(both.Token);
            var reports = ReportAsync(info, both.Token);
            await Task.WhenAny(work, reports).ConfigureAwait(false);
            await both.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(work, reports).ConfigureAwait(false);
        }
        finally
        {
            await both.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Runners().Select(runner => runner.Work)).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        foreach (var runner in _runners.Values) runner.Dispose();
        _news.Dispose();
        _docker.Dispose();
        _http.Dispose();
    }

    private List<AllocRunner> Runners()
    {
        lock (_runners) return [.. _runners.Values];
    }

    /// <summary>Makes it so, whenever the state changes.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        // What is stale must not end what runs: only what was certainly true a moment ago says what is a stray.
        var state = await WhenReachedAsync(token => _state.ReadAsync(token).AsTask(), cancellationToken).ConfigureAwait(false);
        var existing = await WhenReachedAsync(token => _docker.ListAsync(_options.Node.Value, token), cancellationToken).ConfigureAwait(false);
        foreach (var stray in Adopt(state.Fleet, existing, cancellationToken)) await WhenReachedAsync(token => RemoveAsync(stray, token), cancellationToken).ConfigureAwait(false);
        await foreach (var advance in _state.FollowAsync(state.Revision, cancellationToken).ConfigureAwait(false))
        {
            Look((await _state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Fleet, cancellationToken);
        }
    }

    /// <summary>Takes up what is there already and is wanted.</summary>
    /// <returns>The rest of it.</returns>
    private List<ContainerSummary> Adopt(FleetState fleet, ContainerSummary[] existing, CancellationToken cancellationToken)
    {
        var strays = new List<ContainerSummary>();
        // The last of each allocation: what stands before it was on its way out.
        foreach (var containers in existing.GroupBy(container => container.Labels?.GetValueOrDefault(ContainerRequest.AllocId) ?? ""))
        {
            var ordered = containers.OrderByDescending(AttemptOf).ToList();
            if (fleet.Allocs.TryGetValue(containers.Key, out var alloc) && alloc.Node == _options.Node && !alloc.IsTerminal)
            {
                LogAdopted(alloc.Id);
                Begin(alloc with { Restarts = AttemptOf(ordered[0]) }, ordered[0].Id, cancellationToken);
                ordered.RemoveAt(0);
            }
            strays.AddRange(ordered);
        }
        Look(fleet, cancellationToken);
        return strays;
    }

    private static int AttemptOf(ContainerSummary container) =>
        int.TryParse(container.Labels?.GetValueOrDefault(ContainerRequest.Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) ? attempt : 0;

    private void Look(FleetState fleet, CancellationToken cancellationToken)
    {
        foreach (var alloc in fleet.Allocs.Values.Where(alloc => alloc.Node == _options.Node))
        {
            if (_runners.TryGetValue(alloc.Id, out var runner)) runner.Update(alloc);
            else if (!alloc.IsTerminal) Begin(alloc, null, cancellationToken);
        }
        foreach (var (id, runner) in _runners.ToList())
        {
            if (fleet.Allocs.TryGetValue(id, out var alloc) && !alloc.IsTerminal) continue;
            runner.End();
            if (!runner.Work.IsCompleted) continue;
            lock (_runners) _runners.Remove(id);
            runner.Dispose();
        }
    }

    private void Begin(AllocRecord alloc, string? existing, CancellationToken cancellationToken)
    {
        var runner = new AllocRunner(alloc, _parts);
        lock (_runners) _runners.Add(alloc.Id, runner);
        runner.Begin(existing, cancellationToken);
        runner.Update(alloc);
    }

    private async Task<bool> RemoveAsync(ContainerSummary stray, CancellationToken cancellationToken)
    {
        LogStray(stray.Labels?.GetValueOrDefault(ContainerRequest.AllocId) ?? stray.Id);
        await _docker.SignalAsync(stray.Id, "SIGTERM", cancellationToken).ConfigureAwait(false);
        await _docker.RemoveAsync(stray.Id, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Says what is new as soon as it is, and that the node lives, in any case, often enough.</summary>
    private async Task ReportAsync(DockerInfo info, CancellationToken cancellationToken)
    {
        while (true)
        {
            var news = Runners().Select(runner => (Runner: runner, runner.News)).Where(one => one.News is not null).ToList();
            try
            {
                await _reports.SendAsync(new(_options.Node, info.NCPU, info.MemTotal, _options.Labels, [.. news.Select(one => one.News!)]), cancellationToken).ConfigureAwait(false);
                foreach (var (runner, sent) in news) runner.Sent(sent!);
            }
            catch (MillException e)
            {
                LogNotHeard(e.Message);
                await Task.Delay(_options.RetryAfter, _time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            await WaitForNewsAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitForNewsAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Heartbeat, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _news.WaitAsync(both.Token).ConfigureAwait(false);
            while (_news.Wait(0, CancellationToken.None)) { } // one report for all of them
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is time to say that the node lives.
        }
    }

    private async Task<T> WhenReachedAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var isSaid = false; ; isSaid = true)
        {
            try
            {
                return await ask(cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e)
            {
                if (!isSaid) LogWaiting(e.Message);
                await Task.Delay(_options.RetryAfter, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "Containers run on the engine at {Address}, version {Version}")]
    private partial void LogReached(string address, string version);

    [LoggerMessage(5002, LogLevel.Information, "Allocation {Id} runs already, and is taken up")]
    private partial void LogAdopted(string id);

    [LoggerMessage(5003, LogLevel.Information, "The container of {Id} belongs to nothing, and is removed")]
    private partial void LogStray(string id);

    [LoggerMessage(5004, LogLevel.Debug, "The report was not heard: {Reason}")]
    private partial void LogNotHeard(string reason);

    [LoggerMessage(5005, LogLevel.Warning, "The node cannot run containers yet, trying again: {Reason}")]
    private partial void LogWaiting(string reason);
}
