using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Ciphers;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>
/// What putting a sealed version changes, the tenant's retention included: that much of it as fits into the same commit, whatever has piled up. The housekeeping does the rest.
/// </summary>
internal static class Appending
{
    private const int MostPruned = 200;

    /// <param name="sets">How many versions are put together.</param>
    public static IReadOnlyList<StateChange> Changes(ClusterState state, SecretHistory? history, SecretVersion version, Timestamp now, int sets = 1)
    {
        StateChange[] changes = [.. SecretDecisions.Append(history, version)];
        if (!state.Retentions.TryGetValue(version.Tenant, out var retention)) return changes;
        var after = state.Apply(changes).Find(version.Id)!;
        return [.. changes, .. RetentionRules.Prune(version.Tenant, after, retention, now, MostPruned / sets)];
    }
}

/// <summary>Compares a value with a sealed one.</summary>
internal static class ValueOf
{
    /// <summary>True if a version holds this very value. A version that does not open holds another: a set can then repair it.</summary>
    public static bool Is(Unsealed unsealed, SecretVersion version, SecretValue value)
    {
        if (version.Ciphertext.Length - AesGcm256.TagSize != value.Length) return false;
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
