using System.Collections.Immutable;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>Builds a state from all records of a store, in any order. Much faster than applying them one by one.</summary>
public sealed class ClusterStateLoader
{
    private readonly Dictionary<SecretId, List<SecretVersion>> _versions = [];
    private readonly Dictionary<SecretId, PrunedRecord> _pruned = [];
    private readonly List<StateChange> _others = [];

    /// <summary>Throws <see cref="MillError.StorageDamaged"/> for a store that holds half of a backup: it must not be taken for a whole one.</summary>
    public void Add(RecordKey key, StateRecord record)
    {
        switch (key, record)
        {
            case (RestoreKey, RestoreRecord restore):
                throw new MillException(MillError.StorageDamaged, $"The store holds half of a backup: restoring revision {restore.Revision} into it did not come to its end.")
                {
                    Hint = "Run mill restore again: it clears what is there and begins anew.",
                };
            case (SecretVersionKey, SecretVersion version):
                if (!_versions.TryGetValue(version.Id, out var versions)) _versions.Add(version.Id, versions = new(1));
                versions.Add(version);
                break;
            case (PrunedKey pruned, PrunedRecord content):
                _pruned.Add(new(pruned.Tenant, pruned.Name), content);
                break;
            default:
                _others.Add(new(key, record));
                break;
        }
    }

    /// <summary>The state at a revision. Throws <see cref="MillError.StorageDamaged"/> where the records of a secret do not fit together.</summary>
    public ClusterState Build(long revision)
    {
        var (state, faults) = BuildAll(revision);
        return faults is [var fault, ..] ? throw new MillException(MillError.StorageDamaged, fault) { Hint = "Restore the data directory from a backup." } : state;
    }

    /// <summary>The state at a revision, histories that do not fit together included, and what is wrong with those.</summary>
    public (ClusterState State, IReadOnlyList<string> Faults) BuildAll(long revision)
    {
        var histories = _versions.Keys.Union(_pruned.Keys).AsParallel().Select(BuildHistory).ToList();
        var tenants = ImmutableSortedDictionary.CreateBuilder<TenantId, TenantSecrets>();
        foreach (var tenant in histories.GroupBy(built => built.Id.Tenant, built => built.History)) tenants.Add(tenant.Key, TenantSecrets.Of([.. tenant]));
        var faults = histories.Where(built => built.Fault is not null)
            .OrderBy(built => built.Id.Tenant).ThenBy(built => built.Id.Name)
            .Select(built => $"The records of secret \"{built.Id.Name}\" in tenant \"{built.Id.Tenant}\" do not fit together: {built.Fault}.");
        return ((ClusterState.Empty with { Revision = revision, Tenants = tenants.ToImmutable() }).Apply(_others), [.. faults]);
    }

    private (SecretId Id, SecretHistory History, string? Fault) BuildHistory(SecretId id)
    {
        var versions = _versions.GetValueOrDefault(id) ?? [];
        versions.Sort((left, right) => left.Version.CompareTo(right.Version));
        var history = new SecretHistory(id.Name) { Versions = [.. versions], Pruned = _pruned.GetValueOrDefault(id) };
        return (id, history, HistoryCheck.FindFault(history));
    }
}
