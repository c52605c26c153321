using Mill.Secrets.Providers.Changes;

namespace Mill.Secrets.Providers.Files;

/// <summary>All secrets of a file at one moment. Never changed, only exchanged, so that no reader meets one between two states.</summary>
internal sealed class SecretTable
{
    private readonly Dictionary<string, StoredSecret> _secrets;

    private SecretTable(Dictionary<string, StoredSecret> secrets) => _secrets = secrets;

    public static SecretTable Empty { get; } = new([]);

    public IReadOnlyCollection<string> Keys => _secrets.Keys;

    public StoredSecret? Find(string key) => _secrets.GetValueOrDefault(key);

    /// <summary>
    /// The table with what was read, what differs, and what is to be cleared once the new table is in its place. Values that are the same stay where they are.
    /// </summary>
    public (SecretTable Next, IReadOnlyList<KeyChange> Changes, IReadOnlyList<StoredSecret> Gone) Next(ReadSecrets read)
    {
        var next = new Dictionary<string, StoredSecret>(StringComparer.Ordinal);
        var changes = new List<KeyChange>();
        foreach (var key in read.Keys)
        {
            var before = Find(key);
            var isSame = before is not null && before.Holds(read[key]);
            next[key] = isSame ? before! : new(read.Take(key));
            if (!isSame) changes.Add(new(key, before is null ? SecretChangeKind.Added : SecretChangeKind.Rotated));
        }
        changes.AddRange(_secrets.Keys.Where(key => !next.ContainsKey(key)).Select(key => new KeyChange(key, SecretChangeKind.Removed)));
        return (new(next), changes, [.. _secrets.Where(pair => next.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Value)]);
    }

    public void Clear()
    {
        foreach (var stored in _secrets.Values) stored.Clear();
    }
}
