using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>The histories of one tenant, in the order of their names.</summary>
public sealed record TenantSecrets
{
    private static readonly ImmutableSortedSet<SecretHistory> NoHistories = ImmutableSortedSet.Create<SecretHistory>(new ByName());

    public static TenantSecrets Empty { get; } = new();

    public ImmutableSortedSet<SecretHistory> Histories { get; init; } = NoHistories;

    /// <summary>How many secrets exist now.</summary>
    public int ExistingCount { get; init; }

    public long VersionCount { get; init; }

    public SecretHistory? Find(SecretName name) => Histories.TryGetValue(new SecretHistory(name), out var found) ? found : null;

    /// <summary>Histories in name order, from the first name after <paramref name="after"/>.</summary>
    public IEnumerable<SecretHistory> After(string after)
    {
        var index = Histories.IndexOf(new SecretHistory(SecretName.LowerBound(after)));
        for (var i = index >= 0 ? index + 1 : ~index; i < Histories.Count; i++) yield return Histories[i];
    }

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
        var others = before is null ? Histories : Histories.Remove(before);
        return new()
        {
            Histories = others.Add(history),
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
