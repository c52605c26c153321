using System.Collections.Immutable;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>Builds a state from all records of a store, in any order. Much faster than applying them one by one.</summary>
public sealed class ClusterStateLoader
{
    private const int MaxTexts = 10_000;

    private readonly Dictionary<SecretId, List<SecretVersion>> _versions = [];
    private readonly Dictionary<SecretId, PrunedRecord> _pruned = [];
    private readonly List<StateChange> _others = [];
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public void Add(RecordKey key, StateRecord record)
    {
        switch (key, record)
        {
            case (SecretVersionKey, SecretVersion version):
                if (!_versions.TryGetValue(version.Id, out var versions)) _versions.Add(version.Id, versions = new(1));
                versions.Add(Shared(version, versions.Count > 0 ? versions[0] : version));
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
        var tenants = ImmutableSortedDictionary.CreateBuilder<TenantId, TenantSecrets>();
        var histories = _versions.Keys.Union(_pruned.Keys).Select(BuildHistory);
        foreach (var tenant in histories.GroupBy(pair => pair.Tenant, pair => pair.History)) tenants.Add(tenant.Key, BuildTenant(tenant));
        return (ClusterState.Empty with { Revision = revision, Tenants = tenants.ToImmutable() }).Apply(_others);
    }

    /// <summary>The same version, with the texts that it has in common with others kept once: there may be a million of them.</summary>
    private SecretVersion Shared(SecretVersion version, SecretVersion first) => version with
    {
        Tenant = first.Tenant,
        Name = first.Name,
        CreatedBy = Once(version.CreatedBy),
        KeyId = Once(version.KeyId),
    };

    private string Once(string text)
    {
        if (_texts.TryGetValue(text, out var kept)) return kept;
        if (_texts.Count < MaxTexts) _texts.Add(text);
        return text;
    }

    private static TenantSecrets BuildTenant(IEnumerable<SecretHistory> histories)
    {
        var all = TenantSecrets.Empty.Histories.ToBuilder();
        all.UnionWith(histories);
        var set = all.ToImmutable();
        return new()
        {
            Histories = set,
            ExistingCount = set.Count(history => history.Current is not null),
            VersionCount = set.Sum(history => (long)history.Versions.Count),
        };
    }

    private (TenantId Tenant, SecretHistory History) BuildHistory(SecretId id)
    {
        var versions = _versions.GetValueOrDefault(id) ?? [];
        versions.Sort((left, right) => left.Version.CompareTo(right.Version));
        var history = new SecretHistory(id.Name) { Versions = [.. versions], Pruned = _pruned.GetValueOrDefault(id) };
        return HistoryCheck.FindFault(history) is not { } fault
            ? (id.Tenant, history)
            : throw new MillException(MillError.StorageDamaged, $"The records of secret \"{id.Name}\" in tenant \"{id.Tenant}\" do not fit together: {fault}.")
            {
                Hint = "Restore the data directory from a backup.",
            };
    }
}
