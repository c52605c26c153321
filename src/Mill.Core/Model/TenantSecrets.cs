using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>The histories of one tenant.</summary>
public sealed record TenantSecrets
{
    private NameTable _byName = NameTable.Empty;

    private TenantSecrets()
    {
    }

    public static TenantSecrets Empty { get; } = new();

    /// <summary>The names alone: a write to a secret that is there changes nothing about their order.</summary>
    public ImmutableSortedSet<SecretName> Names { get; private init; } = [];

    /// <summary>In the order of their names.</summary>
    public IEnumerable<SecretHistory> Histories => Names.Select(name => Find(name)!);

    /// <summary>How many secrets exist now.</summary>
    public int ExistingCount { get; private init; }

    public long VersionCount { get; private init; }

    /// <summary>Much faster than adding them one by one.</summary>
    public static TenantSecrets Of(IReadOnlyCollection<SecretHistory> histories) => new()
    {
        Names = [.. histories.Select(history => history.Name)],
        _byName = NameTable.Of(histories),
        ExistingCount = histories.Sum(Existing),
        VersionCount = histories.Sum(history => (long)history.Versions.Count),
    };

    public SecretHistory? Find(SecretName name) => _byName.Find(name);

    /// <summary>Histories in name order whose names start with a prefix.</summary>
    public IEnumerable<SecretHistory> StartingWith(string prefix, string after)
    {
        // A position before the prefix would walk over names that cannot match.
        var index = Names.IndexOf(SecretName.LowerBound(prefix));
        var start = index >= 0 ? index : ~index;
        if (string.CompareOrdinal(after, prefix) >= 0)
        {
            index = Names.IndexOf(SecretName.LowerBound(after));
            start = index >= 0 ? index + 1 : ~index;
        }
        for (var i = start; i < Names.Count && Names[i].Value.StartsWith(prefix, StringComparison.Ordinal); i++) yield return Find(Names[i])!;
    }

    public TenantSecrets With(SecretHistory history)
    {
        var before = Find(history.Name);
        return new()
        {
            Names = before is null ? Names.Add(history.Name) : Names,
            _byName = _byName.With(history),
            ExistingCount = ExistingCount + Existing(history) - Existing(before),
            VersionCount = VersionCount + history.Versions.Count - (before?.Versions.Count ?? 0),
        };
    }

    private static int Existing(SecretHistory? history) => history?.Current is null ? 0 : 1;
}
