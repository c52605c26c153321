using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Placement;

/// <summary>On which node something is to run.</summary>
/// <param name="Node">Null where none will do.</param>
/// <param name="Reason">Why none will do.</param>
public readonly record struct Placing(NodeId? Node, string? Reason);

/// <summary>What the nodes have left, and where things fit. Spread first: two replicas on one node share its end; then the fullest node that has room, so that large things find room elsewhere.</summary>
public sealed class PlacementView
{
    private readonly Dictionary<NodeId, Room> _rooms = [];

    public PlacementView(FleetState fleet)
    {
        foreach (var node in fleet.Nodes.Values) _rooms[node.Node] = new(node);
        foreach (var alloc in fleet.Allocs.Values.Where(alloc => !alloc.IsTerminal)) Add(alloc);
    }

    /// <summary>What is there counts from now on.</summary>
    public void Add(AllocRecord alloc)
    {
        if (_rooms.TryGetValue(alloc.Node, out var room)) room.Add(alloc, 1);
    }

    /// <summary>What is there does not count any more.</summary>
    public void Remove(AllocRecord alloc)
    {
        if (_rooms.TryGetValue(alloc.Node, out var room)) room.Add(alloc, -1);
    }

    /// <param name="service">Of which other replicas stand elsewhere, if that can be; null for what need not be spread.</param>
    /// <param name="avoided">Taken only where no other will do.</param>
    /// <param name="home">The node that has its data: that one, or none. Null for what can go anywhere.</param>
    public Placing Choose(ContainerSpec container, string? service, IReadOnlySet<NodeId>? avoided = null, NodeId? home = null)
    {
        if (home is { } only) return AtHome(container, only);
        Room? best = null;
        foreach (var room in _rooms.Values)
        {
            if (avoided?.Contains(room.Id) is not true && room.Fits(container) && (best is null || room.IsBetterThan(best, service))) best = room;
        }
        if (best is not null) return new(best.Id, null);
        return avoided is { Count: > 0 } ? Choose(container, service) : new(null, WhyNot(container));
    }

    private Placing AtHome(ContainerSpec container, NodeId home)
    {
        if (_rooms.GetValueOrDefault(home) is not { IsReady: true } room) return new(null, "its data is on a node that is not ready");
        if (room.Fits(container)) return new(home, null);
        if (!room.Has(container.Constraints)) return new(null, "its data is on a node without the labels that it wants");
        return new(null, FormattableString.Invariant($"its data is on a node without room: it needs {container.Cpu:0.###} cores and {ByteSize.Format(container.Memory)}, and that one has {room.Cpu:0.###} cores and {ByteSize.Rough(room.Memory)} left"));
    }

    private string WhyNot(ContainerSpec container)
    {
        var ready = _rooms.Values.Where(room => room.IsReady).ToList();
        if (ready.Count is 0) return _rooms.Count is 0 ? "no node runs containers" : "no node is ready";
        var labelled = ready.FindAll(room => room.Has(container.Constraints));
        if (labelled.Count is 0) return $"no node that is ready has the labels {string.Join(", ", container.Constraints.Select(label => $"{label.Key} = {label.Value}"))}";
        var most = labelled.MaxBy(room => (room.Cpu, room.Memory))!;
        return FormattableString.Invariant($"no node has room: it needs {container.Cpu:0.###} cores and {ByteSize.Format(container.Memory)}, and the one with the most has {most.Cpu:0.###} cores and {ByteSize.Rough(most.Memory)} left");
    }

    private sealed class Room(NodeStateRecord node)
    {
        private readonly Dictionary<string, int> _replicas = new(StringComparer.Ordinal);

        public NodeId Id => node.Node;

        public decimal Cpu { get; private set; } = node.Cpu;

        public long Memory { get; private set; } = node.Memory;

        public bool IsReady => node is { IsDown: false, IsDraining: false, NotReady: null };

        public void Add(AllocRecord alloc, int sign)
        {
            Cpu -= sign * alloc.Container.Cpu;
            Memory -= sign * alloc.Container.Memory;
            // What is about to end is no company.
            if (alloc.Kind is AllocKind.Service && !alloc.IsStopping) _replicas[alloc.Name] = _replicas.GetValueOrDefault(alloc.Name) + sign;
        }

        public bool Fits(ContainerSpec container) => IsReady && Cpu >= container.Cpu && Memory >= container.Memory && Has(container.Constraints);

        public bool Has(IReadOnlyDictionary<string, string> labels)
        {
            foreach (var (name, value) in labels)
            {
                if (!node.Labels.TryGetValue(name, out var label) || label != value) return false;
            }
            return true;
        }

        public bool IsBetterThan(Room other, string? service)
        {
            if (service is not null && _replicas.GetValueOrDefault(service) is var mine && other._replicas.GetValueOrDefault(service) is var theirs && mine != theirs) return mine < theirs;
            var (score, otherScore) = (Score(), other.Score());
            return score != otherScore ? score < otherScore : Id.CompareTo(other.Id) < 0;
        }

        // A core is worth as much as a gibibyte.
        private decimal Score() => Cpu + ((decimal)Memory / (1L << 30));
    }
}
