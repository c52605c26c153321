using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>Builds a state from all records of a store, in any order. Much faster than applying them one by one.</summary>
public sealed class ClusterStateLoader
{
    private readonly Dictionary<SecretId, Parts> _secrets = [];
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
                PartsOf(version.Id).Versions.Add(version);
                break;
            case (PrunedKey at, PrunedRecord pruned):
                PartsOf(new(at.Tenant, at.Name)).Pruned = pruned;
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
        var tenants = ImmutableSortedDictionary.CreateBuilder<TenantId, TenantSecrets>();
        var faults = new List<(SecretId Id, string Fault)>();
        foreach (var tenant in _secrets.GroupBy(secret => secret.Key.Tenant, secret => secret.Value.Build(secret.Key.Name)))
        {
            var histories = tenant.ToArray();
            foreach (var history in histories)
            {
                if (HistoryCheck.FindFault(history) is { } fault) faults.Add((new(tenant.Key, history.Name), fault));
            }
            tenants.Add(tenant.Key, TenantSecrets.Of(histories));
        }
        var state = ClusterState.Empty with { Revision = revision, Tenants = tenants.ToImmutable() };
        return (state.Apply(_others), [.. faults.OrderBy(found => found.Id.Tenant).ThenBy(found => found.Id.Name).Select(found => Describe(found.Id, found.Fault))]);
    }

    private static string Describe(SecretId id, string fault) => $"The records of secret \"{id.Name}\" in tenant \"{id.Tenant}\" do not fit together: {fault}.";

    private Parts PartsOf(SecretId id)
    {
        ref var parts = ref CollectionsMarshal.GetValueRefOrAddDefault(_secrets, id, out _);
        return parts ??= new();
    }

    /// <summary>What was found of one secret so far.</summary>
    private sealed class Parts
    {
        public List<SecretVersion> Versions { get; } = new(1);

        public PrunedRecord? Pruned { get; set; }

        public SecretHistory Build(SecretName name)
        {
            Versions.Sort(static (left, right) => left.Version.CompareTo(right.Version));
            return new(name) { Versions = [.. Versions], Pruned = Pruned };
        }
    }
}
