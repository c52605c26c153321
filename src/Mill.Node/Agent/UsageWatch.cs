using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Looks at what each container takes, one at a time.</summary>
internal sealed class UsageWatch(NodeWork work, NodeParts parts, TimeSpan every)
{
    private readonly UsageMeter _meter = new();

    /// <summary>As of the last look.</summary>
    public IReadOnlyList<AllocUsage> Last { get; private set; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var running = work.Runners().Select(runner => (runner.Id, runner.Container)).Where(one => one.Container is not null).ToList();
            var usage = new List<AllocUsage>();
            foreach (var (id, container) in running)
            {
                if (await LookAsync(id, container!, cancellationToken).ConfigureAwait(false) is { } one) usage.Add(one);
            }
            _meter.Keep(running.Select(one => one.Id).ToHashSet(StringComparer.Ordinal));
            Last = usage;
            await Task.Delay(every, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<AllocUsage?> LookAsync(string id, string container, CancellationToken cancellationToken)
    {
        try
        {
            var stats = await parts.Docker.StatsAsync(container, cancellationToken).ConfigureAwait(false);
            // One that does not run has no time of its own.
            return stats.Read.Year > 1 && stats.Memory is { Usage: > 0 } ? _meter.Next(id, container, stats) : null;
        }
        catch (MillException)
        {
            return null; // it may have ended a moment ago
        }
    }
}
