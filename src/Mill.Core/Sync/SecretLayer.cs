namespace Mill.Core.Sync;

/// <summary>The names that one place on GitHub has, or why nobody knows them.</summary>
/// <param name="Scope">Null for an environment whose name nobody knows.</param>
/// <param name="Secrets">When each was written last, by names in upper case; null where they could not be read.</param>
/// <param name="Unread">Why not, as a sentence; null where they were read.</param>
public sealed record SecretLayer(SecretScope? Scope, IReadOnlyDictionary<string, DateTimeOffset>? Secrets, string? Unread)
{
    /// <summary>A workflow gets the first so many secrets of an organization, in the order of their names (https://docs.github.com/en/actions/reference/security/secrets).</summary>
    public const int MostInherited = 100;

    /// <summary>Names that are there and reach nobody.</summary>
    public IReadOnlySet<string> Beyond { get; init; } = new HashSet<string>();

    /// <summary>Names that are there, and of which nobody says whether they reach this repository.</summary>
    public IReadOnlySet<string> Uncertain { get; init; } = new HashSet<string>();

    public static SecretLayer Listed(SecretScope scope, IReadOnlyDictionary<string, DateTimeOffset> secrets) => new(scope, secrets, null);

    public static SecretLayer Unknown(SecretScope? scope, string reason) => new(scope, null, reason);

    /// <summary>All that an organization has, where it is not known which repositories are to see what.</summary>
    public static SecretLayer Possible(SecretScope scope, IEnumerable<string> names) => new(scope, new Dictionary<string, DateTimeOffset>(), null) { Uncertain = names.ToHashSet() };

    /// <summary>What an organization passes on to a workflow.</summary>
    public static SecretLayer Inherited(SecretScope scope, IReadOnlyDictionary<string, DateTimeOffset> secrets)
    {
        var ordered = secrets.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        return new(scope, ordered.Take(MostInherited).ToDictionary(), null) { Beyond = ordered.Skip(MostInherited).Select(pair => pair.Key).ToHashSet() };
    }
}
