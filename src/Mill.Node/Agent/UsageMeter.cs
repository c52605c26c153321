using Mill.Core.Ports;
using Mill.Node.Docker;

namespace Mill.Node.Agent;

/// <summary>Makes of what the Engine counts what each allocation takes right now.</summary>
internal sealed class UsageMeter
{
    private const double Nanoseconds = 1e9;

    private readonly Dictionary<string, (string Container, DateTimeOffset At, ulong Total)> _before = new(StringComparer.Ordinal);

    /// <summary>Of the first look at a container nothing is known but its memory.</summary>
    public AllocUsage Next(string id, string container, ContainerStats stats)
    {
        var total = stats.Cpu?.Usage?.Total ?? 0;
        var cpu = 0.0;
        if (_before.TryGetValue(id, out var before) && before.Container == container && stats.Read > before.At && total > before.Total)
        {
            cpu = (total - before.Total) / Nanoseconds / (stats.Read - before.At).TotalSeconds;
        }
        _before[id] = (container, stats.Read, total);
        return new(id, cpu, Memory(stats.Memory));
    }

    /// <summary>Forgets all others.</summary>
    public void Keep(IReadOnlySet<string> ids)
    {
        foreach (var id in _before.Keys.Where(id => !ids.Contains(id)).ToList()) _before.Remove(id);
    }

    /// <summary>Without what the kernel would give back at once, as <c>docker stats</c> counts it (https://docs.docker.com/reference/cli/docker/container/stats/): the name differs between versions of cgroups.</summary>
    private static long Memory(MemoryStats? memory)
    {
        if (memory is null) return 0;
        var stats = memory.Stats ?? new Dictionary<string, ulong>();
        var cache = stats.TryGetValue("total_inactive_file", out var first) ? first : stats.GetValueOrDefault("inactive_file");
        return cache < (ulong)memory.Usage ? memory.Usage - (long)cache : memory.Usage;
    }
}
