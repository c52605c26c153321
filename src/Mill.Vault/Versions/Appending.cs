using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>What putting a sealed version changes, the tenant's retention included.</summary>
internal static class Appending
{
    public static IReadOnlyList<StateChange> Changes(ClusterState state, SecretHistory? history, SecretVersion version, Timestamp now)
    {
        StateChange[] changes = [.. SecretDecisions.Append(history, version)];
        if (!state.Retentions.TryGetValue(version.Tenant, out var retention)) return changes;
        var after = state.Apply(changes).Find(version.Id)!;
        return [.. changes, .. RetentionRules.Prune(version.Tenant, after, retention, now)];
    }
}

/// <summary>Compares a value with a sealed one.</summary>
internal static class ValueOf
{
    /// <summary>True if a version holds this very value. A version that does not open holds another: a set can then repair it.</summary>
    public static bool Is(Unsealed unsealed, SecretVersion version, SecretValue value)
    {
        if (version.Ciphertext.Length - DataKey.TagSize != value.Length) return false;
        try
        {
            using var current = EnvelopeSealer.Open(unsealed, version);
            return current.Equals(value);
        }
        catch (MillException e) when (e.Error is MillError.RecordRejected)
        {
            return false;
        }
    }
}
