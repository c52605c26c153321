using System.Collections.Immutable;
using Mill.Core.Fleet;

namespace Mill.Core.Model;

/// <summary>Everything the cluster knows, at one revision. Immutable: a reader that holds one sees one consistent cut.</summary>
public sealed record ClusterState
{
    public static ClusterState Empty { get; } = new();

    /// <summary>The store's revision this state is of. While a batch is being decided, still that of the commit before.</summary>
    public long Revision { get; init; }

    /// <summary>Time of the latest commit.</summary>
    public Timestamp CommitTime { get; init; }

    /// <summary>The revision that wrote the head record last, which the next batch must find unchanged. Zero before the first.</summary>
    public long HeadRevision { get; init; }

    /// <summary>The revision at which the leader took office: its fencing token. Zero while nobody leads.</summary>
    public long Fence { get; init; }

    /// <summary>Null before the first commit.</summary>
    public ClusterRecord? Cluster { get; init; }

    /// <summary>Null before the cluster was founded: a server that is alone has none.</summary>
    public AuthorityRecord? Authority { get; init; }

    /// <summary>Null where no node was ever there to be removed.</summary>
    public RevocationsRecord? Revocations { get; init; }

    /// <summary>Null while nobody leads.</summary>
    public LeaderRecord? Leader { get; init; }

    public ImmutableSortedDictionary<NodeId, NodeRecord> Nodes { get; init; } = ImmutableSortedDictionary<NodeId, NodeRecord>.Empty;

    public ImmutableDictionary<string, JoinTokenRecord> JoinTokens { get; init; } = ImmutableDictionary.Create<string, JoinTokenRecord>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<TenantId, TenantSecrets> Tenants { get; init; } = ImmutableSortedDictionary<TenantId, TenantSecrets>.Empty;

    public ImmutableDictionary<string, TokenRecord> Tokens { get; init; } = ImmutableDictionary.Create<string, TokenRecord>(StringComparer.Ordinal);

    public ImmutableDictionary<TenantId, RetentionRecord> Retentions { get; init; } = ImmutableDictionary<TenantId, RetentionRecord>.Empty;

    public ImmutableDictionary<IdempotencyKey, IdempotencyRecord> Idempotency { get; init; } = ImmutableDictionary<IdempotencyKey, IdempotencyRecord>.Empty;

    /// <summary>What runs, and is to run.</summary>
    public FleetState Fleet { get; init; } = FleetState.Empty;

    public TenantSecrets Secrets(TenantId tenant) => Tenants.GetValueOrDefault(tenant, TenantSecrets.Empty);

    public SecretHistory? Find(SecretId id) => Secrets(id.Tenant).Find(id.Name);

    /// <summary>The state at the revision of a commit that made these changes.</summary>
    public ClusterState Advance(long revision, IReadOnlyList<StateChange> changes)
    {
        var after = Apply(changes);
        return after with
        {
            Revision = revision,
            HeadRevision = changes.Any(change => change.Key is HeadKey) ? revision : HeadRevision,
            Fence = after.Leader is null ? 0 : changes.Any(change => change.Key is LeaderKey) ? revision : Fence,
        };
    }

    /// <summary>The state after changes that happen together.</summary>
    public ClusterState Apply(IReadOnlyList<StateChange> changes)
    {
        var state = this;
        for (var i = 0; i < changes.Count;)
        {
            if (SecretOf(changes[i].Key) is not { } id)
            {
                state = state.Apply(changes[i++]);
                continue;
            }
            // What happens to one secret is put in its place once: a write ends the version before, and that is half of its work.
            var history = state.HistoryOf(id);
            for (; i < changes.Count && SecretOf(changes[i].Key) == id; i++) history = Changed(history, changes[i]);
            state = state with { Tenants = state.Tenants.SetItem(id.Tenant, state.Secrets(id.Tenant).With(history)) };
        }
        return state;
    }

    private ClusterState Apply(StateChange change) => (change.Key, change.Record) switch
    {
        (IdempotencyKey key, IdempotencyRecord record) => this with { Idempotency = Idempotency.SetItem(key, record) },
        (IdempotencyKey key, _) => this with { Idempotency = Idempotency.Remove(key) },
        (TokenKey key, TokenRecord record) => this with { Tokens = Tokens.SetItem(key.Id, record) },
        (TokenKey key, _) => this with { Tokens = Tokens.Remove(key.Id) },
        (RetentionKey key, RetentionRecord record) => this with { Retentions = Retentions.SetItem(key.Tenant, record) },
        (RetentionKey key, _) => this with { Retentions = Retentions.Remove(key.Tenant) },
        (NodeKey key, NodeRecord record) => this with { Nodes = Nodes.SetItem(key.Id, record) },
        (NodeKey key, _) => this with { Nodes = Nodes.Remove(key.Id) },
        (JoinTokenKey key, JoinTokenRecord record) => this with { JoinTokens = JoinTokens.SetItem(key.Id, record) },
        (JoinTokenKey key, _) => this with { JoinTokens = JoinTokens.Remove(key.Id) },
        (AuthorityKey, var record) => this with { Authority = (AuthorityRecord?)record },
        (RevocationsKey, var record) => this with { Revocations = (RevocationsRecord?)record },
        (LeaderKey, var record) => this with { Leader = (LeaderRecord?)record },
        (HeadKey, HeadRecord record) => this with { CommitTime = record.CommitTime },
        (ClusterKey, ClusterRecord record) => this with { Cluster = record },
        _ when Fleet.Apply(change) is { } fleet => this with { Fleet = fleet },
        _ => throw new InvalidOperationException($"A change at {change.Key} cannot be applied."),
    };

    private static SecretId? SecretOf(RecordKey key) => key switch
    {
        SecretVersionKey version => new(version.Tenant, version.Name),
        PrunedKey pruned => new(pruned.Tenant, pruned.Name),
        _ => null,
    };

    private SecretHistory HistoryOf(SecretId id) => Find(id) ?? new SecretHistory(id.Name);

    private static SecretHistory Changed(SecretHistory history, StateChange change) => change.Key is SecretVersionKey { Version: var version }
        ? Changed(history, version, (SecretVersion?)change.Record)
        : history with { Pruned = (PrunedRecord?)change.Record };

    private static SecretHistory Changed(SecretHistory history, int version, SecretVersion? record)
    {
        var versions = history.Versions;
        var index = versions.Count == 0 ? 0 : version - versions[0].Version;
        return history with
        {
            Versions = record is null ? versions.RemoveAt(index) : index == versions.Count ? versions.Add(record) : versions.SetItem(index, record),
        };
    }
}
