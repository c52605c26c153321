using Microsoft.Extensions.Logging;
using Mill.Core.Fleet;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Says that the node lives, often enough, and, beside that, what is new as soon as it is: however much there is to say, and whatever becomes of it, a node that lives is not silent.</summary>
internal sealed partial class NodeReporter(NodeAgentOptions options, NodeWork work, EngineWatch engine, UsageWatch usage, NodeParts parts, Bell news, Bell signs, INodeReports reports, ILogger logger)
{
    /// <summary>For one report: whoever hears it may hang, and another would hear the next.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MostDoublings = 40;

    private readonly Lock _lock = new();
    private AgentFile? _self;
    private long _number;
    private int _refusals;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await engine.Looked.WaitAsync(cancellationToken).ConfigureAwait(false);
        _self ??= AgentFile.Begin(options, parts.Time.GetUtcNow());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] both = [SignAsync(either.Token), TellAsync(either.Token)];
        var ended = await Task.WhenAny(both).ConfigureAwait(false);
        // One without the other would be a node that lives, and of which nothing is heard any more.
        await either.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ended.ConfigureAwait(false);
    }

    private async Task SignAsync(CancellationToken cancellationToken)
    {
        for (string? trouble = null; ;)
        {
            trouble = await SendAsync([], trouble, cancellationToken).ConfigureAwait(false);
            if (trouble is null) await signs.WaitAsync(options.Heartbeat, parts.Time, cancellationToken).ConfigureAwait(false);
            else await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        for (string? trouble = null; ;)
        {
            var told = work.Runners().Select(runner => (Runner: runner, runner.News)).Where(one => one.News is not null).ToList();
            var portion = NewsPortion.Of([.. told.Select(one => one.News!)]);
            if (portion.Count is 0)
            {
                await news.WaitAsync(options.Heartbeat, parts.Time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            trouble = await SendAsync(portion, trouble, cancellationToken).ConfigureAwait(false);
            if (trouble is null) foreach (var (runner, sent) in told.Take(portion.Count)) runner.Sent(sent!);
            else await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="before">What was wrong the time before; null where nothing was.</param>
    /// <returns>Why it was not heard; null where it was.</returns>
    private async Task<string?> SendAsync(IReadOnlyList<AllocReport> allocs, string? before, CancellationToken cancellationToken)
    {
        var report = Report(allocs);
        try
        {
            using var limit = new Deadline(Patience, parts.Time, cancellationToken);
            await reports.SendAsync(report, limit.Token).ConfigureAwait(false);
            lock (_lock) _refusals = 0;
            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (e is MillException { Error: MillError.PreconditionFailed }) LiveOn(report.Life);
            // What nobody has foreseen may quote anything.
            var reason = e is MillException ? e.Message : e.GetType().Name;
            if (reason != before) LogNotHeard(reason);
            return reason;
        }
    }

    private NodeReport Report(IReadOnlyList<AllocReport> allocs)
    {
        lock (_lock)
        {
            // Before the Engine has said anything, what this process sees of the machine has to do.
            return new(options.Node, engine.Info?.NCPU ?? Environment.ProcessorCount, engine.Info?.MemTotal ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, options.Labels, allocs)
            {
                Life = _self!.Life,
                Number = ++_number,
                NotReady = engine.NotReady,
                Usage = allocs.Count > 0 ? [] : usage.Last,
                Pulls = allocs.Count > 0 ? [] : [.. parts.Pulls.Values],
            };
        }
    }

    /// <summary>Others have heard of a later life than this: its data directory is older than it should be. How much later nobody knows, so each step is twice the one before.</summary>
    private void LiveOn(long refused)
    {
        lock (_lock)
        {
            if (_self!.Life != refused) return;
            _self = AgentFile.Begin(options, parts.Time.GetUtcNow(), 1L << Math.Min(_refusals++, MostDoublings));
            // What cannot be kept counts all the same.
            if (_self.Life <= refused) _self = _self with { Life = refused + (1L << Math.Min(_refusals, MostDoublings)) };
        }
    }

    [LoggerMessage(5004, LogLevel.Warning, "The leader did not hear this node's report, trying again: {Reason}")]
    private partial void LogNotHeard(string reason);
}
