using Microsoft.Extensions.Logging;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Docker;

namespace Mill.Node.Agent;

/// <summary>Says what is new as soon as it is, and that the node lives, in any case, often enough.</summary>
internal sealed partial class NodeReporter(NodeAgentOptions options, NodeWork work, EngineWatch engine, UsageWatch usage, NodeParts parts, SemaphoreSlim news, INodeReports reports, ILogger logger)
{
    /// <summary>For one report: whoever hears it may hang, and another would hear the next.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly long _life = Timestamp.From(parts.Time.GetUtcNow()).Microseconds;
    private long _number;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await engine.Looked.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var told = work.Runners().Select(runner => (Runner: runner, runner.News)).Where(one => one.News is not null).ToList();
            try
            {
                using var limit = new Deadline(Patience, parts.Time, cancellationToken);
                await reports.SendAsync(Report([.. told.Select(one => one.News!)]), limit.Token).ConfigureAwait(false);
                foreach (var (runner, sent) in told) runner.Sent(sent!);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotHeard(e.Message);
                await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private NodeReport Report(IReadOnlyList<AllocReport> allocs) =>
        // Before the Engine has said anything, what this process sees of the machine has to do.
        new(options.Node, engine.Info?.NCPU ?? Environment.ProcessorCount, engine.Info?.MemTotal ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, options.Labels, allocs)
        {
            Life = _life,
            Number = ++_number,
            NotReady = engine.NotReady,
            Usage = usage.Last,
            Pulls = [.. parts.Pulls.Values],
        };

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var limit = new Deadline(options.Heartbeat, parts.Time, cancellationToken);
        try
        {
            await news.WaitAsync(limit.Token).ConfigureAwait(false);
            while (news.Wait(0, CancellationToken.None)) { } // one report for all of them
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is time to say that the node lives.
        }
    }

    [LoggerMessage(5004, LogLevel.Debug, "The report was not heard: {Reason}")]
    private partial void LogNotHeard(string reason);
}
