using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Looks at what each container takes, a few at a time.</summary>
internal sealed class UsageWatch(NodeWork work, NodeParts parts, TimeSpan every)
{
    /// <summary>An Engine takes its time for each, and is asked for other things too.</summary>
    private const int AtOnce = 4;

    private readonly UsageMeter _meter = new();

    /// <summary>As of the last look.</summary>
    public IReadOnlyList<AllocUsage> Last { get; private set; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var running = work.Runners().Select(runner => (runner.Id, runner.Container)).Where(one => one.Container is not null).ToList();
            var usage = new AllocUsage?[running.Count];
            await Parallel.ForAsync(0, running.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (i, stop) => usage[i] = await LookAsync(running[i].Id, running[i].Container!, stop).ConfigureAwait(false)).ConfigureAwait(false);
            _meter.Keep(running.Select(one => one.Id).ToHashSet(StringComparer.Ordinal));
            Last = [.. usage.OfType<AllocUsage>()];
            await Task.Delay(every, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<AllocUsage?> LookAsync(string id, string container, CancellationToken cancellationToken)
    {
        try
        {
            var stats = await parts.Docker.StatsAsync(container, cancellationToken).ConfigureAwait(false);
            // One that does not run has no time of its own.
            return stats.Read.Year > 1 && stats.Memory is { Usage: > 0 } ? Next(id, container, stats) : null;
        }
        catch (MillException)
        {
            return null; // it may have ended a moment ago
        }
    }

    private AllocUsage Next(string id, string container, ContainerStats stats)
    {
        lock (_meter) return _meter.Next(id, container, stats);
    }
}
