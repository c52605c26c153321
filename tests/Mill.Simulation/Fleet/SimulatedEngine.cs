using Mill.Core.Fleet;
using Mill.Simulation.Cluster;

namespace Mill.Simulation.Fleet;

/// <summary>The containers of one machine. They go on whatever becomes of the process that started them, and it keeps account of all that was ever started.</summary>
internal sealed class SimulatedEngine(World world)
{
    private readonly Dictionary<string, SimulatedContainer> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ends = new(StringComparer.Ordinal);

    /// <summary>By the allocation.</summary>
    public IReadOnlyDictionary<string, SimulatedContainer> Containers => _containers;

    /// <summary>How often a container was started, by the allocation.</summary>
    public IReadOnlyDictionary<string, int> Starts => _starts;

    /// <summary>How often one was ended because the state said so, by the allocation.</summary>
    public IReadOnlyDictionary<string, int> Ends => _ends;

    /// <summary>Its image says what becomes of it: <c>good</c>, <c>sick</c> is never healthy, <c>dead</c> ends at once.</summary>
    public void Start(AllocRecord alloc)
    {
        _starts[alloc.Id] = _starts.GetValueOrDefault(alloc.Id) + 1;
        var lifetime = alloc.Kind is not AllocKind.Service ? world.Between(200, 4_000) : alloc.Container.Image.StartsWith("dead", StringComparison.Ordinal) ? world.Between(10, 300) : TimeSpan.MaxValue;
        _containers[alloc.Id] = new(alloc.Kind, alloc.Container.Image, world.Now, lifetime == TimeSpan.MaxValue ? long.MaxValue : world.Now + lifetime.Ticks, world.Now + world.Between(100, 1_500).Ticks);
    }

    public void Remove(string id) => _containers.Remove(id);

    /// <summary>Removes one that is to end.</summary>
    public void End(string id)
    {
        if (_containers.Remove(id)) _ends[id] = _ends.GetValueOrDefault(id) + 1;
    }
}

/// <param name="EndsAt">When it ends by itself; the largest number for never.</param>
/// <param name="ServesFrom">When it does what it is for, if it ever does.</param>
internal sealed record SimulatedContainer(AllocKind Kind, string Image, long StartedAt, long EndsAt, long ServesFrom)
{
    public bool HasEnded(long now) => now >= EndsAt;

    public int ExitCode => Kind is AllocKind.Service ? 1 : Image.StartsWith("dead", StringComparison.Ordinal) ? 3 : 0;

    public bool IsHealthy(long now) => Kind is AllocKind.Service && Image.StartsWith("good", StringComparison.Ordinal) && now >= ServesFrom;
}
