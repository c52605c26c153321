using System.Collections.Concurrent;

namespace Mill.Node.Agent;

/// <summary>Wakes those who look at containers, now and then, before it is their time. What they are woken by says nothing of how things are: they look anew.</summary>
internal sealed class Wakes
{
    private readonly ConcurrentDictionary<string, Bell> _bells = new(StringComparer.Ordinal);

    /// <summary>Something has happened to a container.</summary>
    public void Ring(string container)
    {
        if (_bells.TryGetValue(container, out var bell)) bell.Ring();
    }

    /// <summary>Something may have happened to any of them.</summary>
    public void RingAll()
    {
        foreach (var bell in _bells.Values) bell.Ring();
    }

    /// <summary>For as long as somebody looks at it; one at a time.</summary>
    public Bell Begin(string container) => _bells[container] = new();

    public void End(string container) => _bells.TryRemove(container, out _);
}
