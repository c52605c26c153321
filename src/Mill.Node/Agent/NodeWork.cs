using System.Globalization;
using Microsoft.Extensions.Logging;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Makes so what is wanted of a node: one runner for each of its allocations, and none for anything else.</summary>
internal sealed partial class NodeWork(NodeAgentOptions options, IReplicatedState state, NodeParts parts, ILogger logger) : IDisposable
{
    /// <summary>Between two looks at what logs take.</summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, AllocRunner> _runners = new(StringComparer.Ordinal);
    private readonly List<Task> _strays = [];
    private volatile bool _isAdopted;

    /// <summary>Until cancelled. The containers go on.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(FollowAsync(cancellationToken), SweepAsync(cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll([.. Runners().Select(runner => runner.Work), .. _strays]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public IReadOnlyList<AllocRunner> Runners()
    {
        lock (_runners) return [.. _runners.Values];
    }

    public void Dispose()
    {
        foreach (var runner in _runners.Values) runner.Dispose();
    }

    private static int AttemptOf(ContainerSummary container) =>
        int.TryParse(container.Labels?.GetValueOrDefault(ContainerRequest.Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) ? attempt : 0;

    private static string? NodeOf(ContainerSummary container) => container.Labels?.GetValueOrDefault(ContainerRequest.Node);

    /// <summary>Whatever goes wrong, it goes on: a node that says it lives, and does nothing, is the worst.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        for (var isSaid = false; ;)
        {
            try
            {
                // What is stale must not end what runs: only what was certainly true a moment ago says what is a stray.
                var now = await state.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (!_isAdopted && !now.Fleet.Numbers.IsPaused) await AdoptAsync(now, cancellationToken).ConfigureAwait(false);
                Look(now, cancellationToken);
                isSaid = false;
                await foreach (var advance in state.FollowAsync(now.Revision, cancellationToken).ConfigureAwait(false))
                {
                    var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
                    if (!_isAdopted && !seen.Fleet.Numbers.IsPaused) break;
                    Look(seen, cancellationToken);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (!isSaid) LogWaiting(e.Message);
                isSaid = true;
            }
            await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes up what is there already and is wanted. The rest is removed, each by itself: what cannot be must not keep anything else.</summary>
    private async Task AdoptAsync(ClusterState now, CancellationToken cancellationToken)
    {
        var fleet = FleetOf(now);
        var existing = await parts.Docker.ListAsync(options.Cluster, node: null, cancellationToken).ConfigureAwait(false);
        _strays.AddRange(existing.Where(container => IsOfNoNode(now, container)).Select(stray => RemoveAsync(stray, cancellationToken)));
        foreach (var containers in existing.Where(container => NodeOf(container) == options.Node.Value).GroupBy(container => container.Labels?.GetValueOrDefault(ContainerRequest.AllocId) ?? ""))
        {
            // The last of each allocation: what stands before it was on its way out.
            var ordered = containers.OrderByDescending(AttemptOf).ToList();
            if (fleet.Allocs.TryGetValue(containers.Key, out var alloc) && alloc.Node == options.Node && !alloc.IsTerminal && IsOf(alloc, ordered[0]))
            {
                LogAdopted(alloc.Id);
                Begin(alloc, new(ordered[0].Id, AttemptOf(ordered[0])), cancellationToken);
                ordered.RemoveAt(0);
            }
            _strays.AddRange(ordered.Select(stray => RemoveAsync(stray, cancellationToken)));
        }
        _isAdopted = true;
        foreach (var id in parts.Files.Ids())
        {
            if (!_runners.ContainsKey(id)) Remove(id);
        }
    }

    /// <summary>A cluster that was made anew of a backup has new nodes, and nobody else takes care of what the old ones ran here.</summary>
    private bool IsOfNoNode(ClusterState now, ContainerSummary container) => now.Nodes.ContainsKey(options.Node) && NodeId.TryParse(NodeOf(container), out var node) && !now.Nodes.ContainsKey(node);

    /// <summary>An id may come again where a backup was restored; the moment when it was given does not.</summary>
    private static bool IsOf(AllocRecord alloc, ContainerSummary container) => container.Labels?.GetValueOrDefault(ContainerRequest.Created) == alloc.CreatedAt.ToString();

    /// <summary>A node that was taken out of its cluster has nothing to run, whatever is still said of it.</summary>
    private FleetState FleetOf(ClusterState now) => now.Authority is null || now.Nodes.ContainsKey(options.Node) ? now.Fleet : FleetState.Empty;

    private void Look(ClusterState now, CancellationToken cancellationToken)
    {
        // A state that was restored from a backup says nothing of what runs: as long as nobody has said that it may, all stays as it is.
        if (now.Fleet.Numbers.IsPaused) return;
        var fleet = FleetOf(now);
        foreach (var alloc in fleet.Allocs.Values.Where(alloc => alloc.Node == options.Node))
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

    private void Begin(AllocRecord alloc, FoundContainer? existing, CancellationToken cancellationToken)
    {
        var runner = new AllocRunner(alloc, parts);
        lock (_runners) _runners.Add(alloc.Id, runner);
        runner.Begin(existing, cancellationToken);
        runner.Update(alloc);
    }

    private async Task RemoveAsync(ContainerSummary stray, CancellationToken cancellationToken)
    {
        var id = stray.Labels?.GetValueOrDefault(ContainerRequest.AllocId) ?? stray.Id;
        LogStray(id);
        while (true)
        {
            try
            {
                await parts.Docker.StopAsync(stray.Id, cancellationToken).ConfigureAwait(false);
                await parts.Docker.RemoveAsync(stray.Id, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MillException e)
            {
                parts.LeftBehind(id, e.Message);
            }
            await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Files of what was ended while nobody was here; with secrets, some of them.</summary>
    private void Remove(string id)
    {
        try
        {
            parts.Files.Remove(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            parts.LeftBehind(id, e.Message);
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_isAdopted) parts.Logs.Sweep(Runners().Where(runner => !runner.Work.IsCompleted).Select(runner => runner.Id).ToHashSet(StringComparer.Ordinal));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotSwept(e.Message);
            }
            await Task.Delay(SweepEvery, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(5002, LogLevel.Information, "Allocation {Id} runs already, and is taken up")]
    private partial void LogAdopted(string id);

    [LoggerMessage(5003, LogLevel.Information, "The container of {Id} belongs to nothing, and is removed")]
    private partial void LogStray(string id);

    [LoggerMessage(5005, LogLevel.Warning, "The node cannot run containers right now, trying again: {Reason}")]
    private partial void LogWaiting(string reason);

    [LoggerMessage(5008, LogLevel.Warning, "Old lines of logs cannot be removed right now, trying again: {Reason}")]
    private partial void LogNotSwept(string reason);
}
