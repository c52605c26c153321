using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>
/// The histories of one tenant by name, immutable. In a large tenant a search by order touches fifty places in memory, this hash table five.
/// </summary>
/// <remarks>
/// Histories are spread over shards by hash. A shard is a table that is never changed once it is shared, and beside it what changed since, until that is too
/// much and the shard gets a new table. One shard is small, so no change has to wait for long.
/// </remarks>
internal sealed class NameTable
{
    private const int ShardCount = 64;
    private const int MinRecent = 16;
    private const int RecentShare = 16;

    private readonly ImmutableArray<Shard> _shards;

    private NameTable(ImmutableArray<Shard> shards) => _shards = shards;

    public static NameTable Empty { get; } = Of([]);

    public static NameTable Of(IReadOnlyCollection<SecretHistory> histories)
    {
        var tables = new Dictionary<SecretName, SecretHistory>[ShardCount];
        for (var i = 0; i < ShardCount; i++) tables[i] = new(histories.Count / ShardCount);
        foreach (var history in histories) tables[IndexOf(history.Name)].Add(history.Name, history);
        return new([.. tables.Select(table => new Shard(table, Shard.NoneRecent))]);
    }

    public SecretHistory? Find(SecretName name) => _shards[IndexOf(name)].Find(name);

    public NameTable With(SecretHistory history)
    {
        var index = IndexOf(history.Name);
        return new(_shards.SetItem(index, _shards[index].With(history)));
    }

    private static int IndexOf(SecretName name) => name.GetHashCode() & (ShardCount - 1);

    private sealed record Shard(Dictionary<SecretName, SecretHistory> Table, ImmutableDictionary<SecretName, SecretHistory> Recent)
    {
        public static ImmutableDictionary<SecretName, SecretHistory> NoneRecent => ImmutableDictionary<SecretName, SecretHistory>.Empty;

        public SecretHistory? Find(SecretName name) => Recent.TryGetValue(name, out var changed) ? changed : Table.GetValueOrDefault(name);

        public Shard With(SecretHistory history)
        {
            var recent = Recent.SetItem(history.Name, history);
            return recent.Count > MinRecent && recent.Count > Table.Count / RecentShare ? new(Merge(recent), NoneRecent) : this with { Recent = recent };
        }

        private Dictionary<SecretName, SecretHistory> Merge(ImmutableDictionary<SecretName, SecretHistory> recent)
        {
            var merged = new Dictionary<SecretName, SecretHistory>(Table);
            foreach (var (name, history) in recent) merged[name] = history;
            return merged;
        }
    }
}
