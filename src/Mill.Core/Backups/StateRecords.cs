using Mill.Core.Fleet;
using Mill.Core.Model;

namespace Mill.Core.Backups;

/// <summary>A state as the records it is made of: what a loader would have to be given to build it again.</summary>
internal static class StateRecords
{
    // There may be a million of them, and no text is made to compare two.
    private static readonly Comparer<IdempotencyKey> ByText = Comparer<IdempotencyKey>.Create(static (left, right) =>
        string.CompareOrdinal(left.TokenId, right.TokenId) is not 0 and var order ? order : string.CompareOrdinal(left.KeyDigest, right.KeyDigest));

    /// <summary>
    /// Whether records of this kind are left out: head, leader and marker belong to one store, and fence its writers; a join token works once, and one that was
    /// used since the backup
    /// was made must not work again; what nodes have and what runs on them is seen anew.
    /// </summary>
    public static bool AreLeftOut(RecordKey key) => key is HeadKey or LeaderKey or RestoreKey or JoinTokenKey or AllocKey or NodeStateKey or TaskTotalsKey;

    /// <summary>
    /// Everything that outlives its store. In the order that a backup promises: the records of one secret stand together, what was pruned first and then the
    /// versions by number. The same
    /// state always gives the same records in the same order.
    /// </summary>
    public static IEnumerable<(RecordKey Key, StateRecord Record)> Of(ClusterState state)
    {
        if (state.Cluster is { } cluster) yield return (new ClusterKey(), cluster);
        if (state.Authority is { } authority) yield return (new AuthorityKey(), authority);
        if (state.Revocations is { } revocations) yield return (new RevocationsKey(), revocations);
        foreach (var (id, node) in state.Nodes) yield return (new NodeKey(id), node);
        foreach (var (tenant, retention) in state.Retentions.OrderBy(pair => pair.Key)) yield return (new RetentionKey(tenant), retention);
        foreach (var (id, token) in state.Tokens.OrderBy(pair => pair.Key, StringComparer.Ordinal)) yield return (new TokenKey(id), token);
        foreach (var (key, answer) in state.Idempotency.OrderBy(pair => pair.Key, ByText)) yield return (key, answer);
        foreach (var (key, record) in FleetBackup.Of(state.Fleet, state.CommitTime).Records()) yield return (key, record);
        foreach (var (tenant, secrets) in state.Tenants)
        {
            foreach (var history in secrets.Histories)
            {
                if (history.Pruned is { } pruned) yield return (new PrunedKey(tenant, history.Name), pruned);
                foreach (var version in history.Versions) yield return (version.Key, version);
            }
        }
    }
}
