using System.Collections.Immutable;
using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>Everything that runs, or is to run: one cut of it.</summary>
public sealed record FleetState
{
    public static FleetState Empty { get; } = new();

    public FleetRecord Numbers { get; init; } = new() { NextDeploy = 1, NextAlloc = 1 };

    public ImmutableSortedDictionary<string, ServiceRecord> Services { get; init; } = ByName<ServiceRecord>();

    public ImmutableSortedDictionary<string, TaskRecord> Tasks { get; init; } = ByName<TaskRecord>();

    /// <summary>By <see cref="TaskTotalsKey.Id"/>.</summary>
    public ImmutableSortedDictionary<string, TaskTotalsRecord> TaskTotals { get; init; } = ByName<TaskTotalsRecord>();

    /// <summary>By <see cref="RegistryKey.Id"/>.</summary>
    public ImmutableSortedDictionary<string, RegistryRecord> Registries { get; init; } = ByName<RegistryRecord>();

    public ImmutableSortedDictionary<int, DeployRecord> Deploys { get; init; } = ImmutableSortedDictionary<int, DeployRecord>.Empty;

    public ImmutableSortedDictionary<string, AllocRecord> Allocs { get; init; } = ByName<AllocRecord>();

    public ImmutableSortedDictionary<NodeId, NodeStateRecord> Nodes { get; init; } = ImmutableSortedDictionary<NodeId, NodeStateRecord>.Empty;

    /// <summary>The deploys that are at work, at most one of each tenant.</summary>
    public ImmutableSortedDictionary<int, DeployRecord> Deploying { get; private init; } = ImmutableSortedDictionary<int, DeployRecord>.Empty;

    /// <summary>The names of all services that have, or had, a replica.</summary>
    public IEnumerable<string> ReplicatedServices => Replicas.Keys;

    /// <summary>The nodes that have, or had, an allocation.</summary>
    public IEnumerable<NodeId> AllocatedNodes => Residents.Keys;

    private ImmutableDictionary<string, ImmutableSortedDictionary<string, AllocRecord>> Replicas { get; init; } = ImmutableDictionary.Create<string, ImmutableSortedDictionary<string, AllocRecord>>(StringComparer.Ordinal);

    private ImmutableDictionary<NodeId, ImmutableSortedDictionary<string, AllocRecord>> Residents { get; init; } = ImmutableDictionary<NodeId, ImmutableSortedDictionary<string, AllocRecord>>.Empty;

    /// <summary>The deploy of a tenant that is at work; null where none is.</summary>
    public DeployRecord? DeployingOf(TenantId tenant) => Deploying.Values.FirstOrDefault(deploy => deploy.Tenant == tenant);

    /// <summary>The replicas of a service, those too that have ended.</summary>
    public IEnumerable<AllocRecord> AllocsOf(string service) => Replicas.TryGetValue(service, out var allocs) ? allocs.Values : [];

    /// <summary>The allocations of a node, those too that have ended.</summary>
    public IEnumerable<AllocRecord> AllocsOn(NodeId node) => Residents.TryGetValue(node, out var allocs) ? allocs.Values : [];

    /// <summary>Null for a change of something else.</summary>
    public FleetState? Apply(StateChange change) => (change.Key, change.Record) switch
    {
        (AllocKey key, var record) => Change(key.Id, (AllocRecord?)record),
        (DeployKey key, DeployRecord record) => this with { Deploys = Deploys.SetItem(key.Number, record), Deploying = record.IsOver ? Deploying.Remove(key.Number) : Deploying.SetItem(key.Number, record) },
        (DeployKey key, _) => this with { Deploys = Deploys.Remove(key.Number), Deploying = Deploying.Remove(key.Number) },
        (ServiceKey key, ServiceRecord record) => this with { Services = Services.SetItem(key.Name, record) },
        (ServiceKey key, _) => this with { Services = Services.Remove(key.Name) },
        (TaskKey key, TaskRecord record) => this with { Tasks = Tasks.SetItem(key.Name, record) },
        (TaskKey key, _) => this with { Tasks = Tasks.Remove(key.Name) },
        (RegistryKey key, RegistryRecord record) => this with { Registries = Registries.SetItem(key.Id, record) },
        (RegistryKey key, _) => this with { Registries = Registries.Remove(key.Id) },
        (TaskTotalsKey key, TaskTotalsRecord record) => this with { TaskTotals = TaskTotals.SetItem(key.Id, record) },
        (TaskTotalsKey key, _) => this with { TaskTotals = TaskTotals.Remove(key.Id) },
        (NodeStateKey key, NodeStateRecord record) => this with { Nodes = Nodes.SetItem(key.Node, record) },
        (NodeStateKey key, _) => this with { Nodes = Nodes.Remove(key.Node) },
        (FleetKey, FleetRecord record) => this with { Numbers = record },
        _ => null,
    };

    /// <summary>All of it as records, in an order that depends on nothing else.</summary>
    public IEnumerable<(RecordKey Key, StateRecord Record)> Records()
    {
        if (this == Empty) yield break;
        yield return (new FleetKey(), Numbers);
        foreach (var record in Registries.Values) yield return (new RegistryKey(record.Tenant, record.Spec.Address), record);
        foreach (var (name, record) in Services) yield return (new ServiceKey(name), record);
        foreach (var (name, record) in Tasks) yield return (new TaskKey(name), record);
        foreach (var (number, record) in Deploys) yield return (new DeployKey(number), record);
        foreach (var (node, record) in Nodes) yield return (new NodeStateKey(node), record);
        foreach (var record in TaskTotals.Values) yield return (new TaskTotalsKey(record.Tenant, record.Name), record);
        foreach (var (id, record) in Allocs) yield return (new AllocKey(id), record);
    }

    private FleetState Change(string id, AllocRecord? after)
    {
        var before = Allocs.GetValueOrDefault(id);
        return this with
        {
            Allocs = after is null ? Allocs.Remove(id) : Allocs.SetItem(id, after),
            Replicas = Change(Replicas, id, NameOf(before), NameOf(after), after),
            Residents = Change(Residents, id, before?.Node, after?.Node, after),
        };
    }

    private static string? NameOf(AllocRecord? alloc) => alloc is { Kind: AllocKind.Service } ? alloc.Name : null;

    private static ImmutableDictionary<string, ImmutableSortedDictionary<string, AllocRecord>> Change(ImmutableDictionary<string, ImmutableSortedDictionary<string, AllocRecord>> index, string id, string? before, string? after, AllocRecord? alloc)
    {
        if (before is not null && before != after) index = Without(index, before, id);
        return after is null ? index : With(index, after, alloc!);
    }

    private static ImmutableDictionary<NodeId, ImmutableSortedDictionary<string, AllocRecord>> Change(ImmutableDictionary<NodeId, ImmutableSortedDictionary<string, AllocRecord>> index, string id, NodeId? before, NodeId? after, AllocRecord? alloc)
    {
        if (before is { } old && before != after) index = Without(index, old, id);
        return after is { } now ? With(index, now, alloc!) : index;
    }

    private static ImmutableDictionary<T, ImmutableSortedDictionary<string, AllocRecord>> With<T>(ImmutableDictionary<T, ImmutableSortedDictionary<string, AllocRecord>> index, T key, AllocRecord alloc)
        where T : notnull => index.SetItem(key, index.GetValueOrDefault(key, ByName<AllocRecord>()).SetItem(alloc.Id, alloc));

    private static ImmutableDictionary<T, ImmutableSortedDictionary<string, AllocRecord>> Without<T>(ImmutableDictionary<T, ImmutableSortedDictionary<string, AllocRecord>> index, T key, string id)
        where T : notnull => index[key].Remove(id) is { Count: > 0 } rest ? index.SetItem(key, rest) : index.Remove(key);

    private static ImmutableSortedDictionary<string, T> ByName<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}
