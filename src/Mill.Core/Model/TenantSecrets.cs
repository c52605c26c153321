using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>The histories of one tenant, in the order of their names.</summary>
public sealed record TenantSecrets
{
    private static readonly ImmutableSortedSet<SecretHistory> NoHistories = ImmutableSortedSet.Create<SecretHistory>(new ByName());

    // The same histories once more, to find one by its name.
    private NameTable _byName = NameTable.Empty;

    private TenantSecrets()
    {
    }

    public static TenantSecrets Empty { get; } = new();

    public ImmutableSortedSet<SecretHistory> Histories { get; private init; } = NoHistories;

    /// <summary>How many secrets exist now.</summary>
    public int ExistingCount { get; private init; }

    public long VersionCount { get; private init; }

    /// <summary>Much faster than adding them one by one.</summary>
    public static TenantSecrets Of(IEnumerable<SecretHistory> histories)
    {
        var all = NoHistories.ToBuilder();
        all.UnionWith(histories);
        var set = all.ToImmutable();
        return new()
        {
            Histories = set,
            _byName = NameTable.Of(set),
            ExistingCount = set.Count(history => history.Current is not null),
            VersionCount = set.Sum(history => (long)history.Versions.Count),
        };
    }

    public SecretHistory? Find(SecretName name) => _byName.Find(name);

    /// <summary>Histories in name order whose names start with a prefix.</summary>
    public IEnumerable<SecretHistory> StartingWith(string prefix, string after)
    {
        // A position before the prefix would walk over names that cannot match.
        var index = Histories.IndexOf(new SecretHistory(SecretName.LowerBound(prefix)));
        var start = index >= 0 ? index : ~index;
        if (string.CompareOrdinal(after, prefix) >= 0)
        {
            index = Histories.IndexOf(new SecretHistory(SecretName.LowerBound(after)));
            start = index >= 0 ? index + 1 : ~index;
        }
        for (var i = start; i < Histories.Count && Histories[i].Name.Value.StartsWith(prefix, StringComparison.Ordinal); i++) yield return Histories[i];
    }

    public TenantSecrets With(SecretHistory history)
    {
        var before = Find(history.Name);
        var histories = (before is null ? Histories : Histories.Remove(before)).Add(history);
        return new()
        {
            Histories = histories,
            _byName = _byName.With(history),
            ExistingCount = ExistingCount + Existing(history) - Existing(before),
            VersionCount = VersionCount + history.Versions.Count - (before?.Versions.Count ?? 0),
        };
    }

    private static int Existing(SecretHistory? history) => history?.Current is null ? 0 : 1;

    private sealed class ByName : IComparer<SecretHistory>
    {
        public int Compare(SecretHistory? x, SecretHistory? y) => string.CompareOrdinal(x!.Name.Value, y!.Name.Value);
    }
}
