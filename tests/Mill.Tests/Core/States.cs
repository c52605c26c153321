using Mill.Core.Model;

namespace Mill.Tests.Core;

/// <summary>States that hold what a test needs.</summary>
internal static class States
{
    public static ClusterState With(params SecretHistory[] histories) =>
        ClusterState.Empty with { Tenants = ClusterState.Empty.Tenants.Add(TenantId.Default, histories.Aggregate(TenantSecrets.Empty, (secrets, history) => secrets.With(history))) };

    /// <summary>Everything in a state, as text.</summary>
    public static string Text(ClusterState state)
    {
        var lines = new List<string> { $"{state.Revision} {state.CommitTime} {state.Cluster} {state.Leader}" };
        if (state.Authority is { } authority) lines.Add(Json(authority));
        if (state.Revocations is { } revocations) lines.Add(Json(revocations));
        lines.AddRange(state.Nodes.Values.Select(Json));
        lines.AddRange(state.JoinTokens.Values.Select(Json).Order(StringComparer.Ordinal));
        foreach (var (tenant, secrets) in state.Tenants)
        {
            lines.Add($"{tenant} {secrets.ExistingCount} {secrets.VersionCount}");
            foreach (var history in secrets.Histories)
            {
                lines.Add($"{history.Name} {history.Pruned?.Through}");
                lines.AddRange(history.Versions.Select(Json));
            }
        }
        lines.AddRange(state.Fleet.Records().Select(entry => entry.Key + Json(entry.Record)));
        lines.AddRange(state.Tokens.Values.Select(Json).Order(StringComparer.Ordinal));
        lines.AddRange(state.Retentions.Values.Select(Json).Order(StringComparer.Ordinal));
        lines.AddRange(state.Idempotency.Select(pair => pair.Key + Json(pair.Value)).Order(StringComparer.Ordinal));
        return string.Join('\n', lines);
    }

    private static string Json(StateRecord record) => System.Text.Encoding.UTF8.GetString(RecordCodec.Encode(record));
}
