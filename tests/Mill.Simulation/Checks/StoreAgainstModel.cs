using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;
using Mill.State.Replica;

namespace Mill.Simulation.Checks;

/// <summary>What lies in the store, read anew, against the model: after every crash and at the end.</summary>
internal static class StoreAgainstModel
{
    public static async Task<ClusterState> RequireAsync(IStateStore store, ModelState model, TimeProvider time)
    {
        var local = await LoadAsync(store, time);
        var state = await local.ReadAsync(CancellationToken.None);
        var stored = state.Tenants.SelectMany(tenant => tenant.Value.Histories, (tenant, history) => new SecretId(tenant.Key, history.Name)).ToHashSet();
        Violation.Unless(stored.SetEquals(model.Secrets.Keys), $"the store holds {string.Join(' ', stored)}, not {string.Join(' ', model.Secrets.Keys)}");
        foreach (var (id, versions) in model.Secrets) RequireHistory(state.Find(id)!, versions);
        Violation.Unless(state.Idempotency.Count == model.Remembered.Count, $"{state.Idempotency.Count} keys are remembered, not {model.Remembered.Count}");
        Violation.Unless(state.CommitTime.Microseconds >= model.LastTime, $"the head record says {state.CommitTime}, but the last change was later");
        return state;
    }

    /// <summary>Opens every record, by the vault's own check and one by one.</summary>
    public static async Task RequireValuesAsync(IVault vault, ModelState model)
    {
        foreach (var tenant in model.Secrets.Keys.Select(id => id.Tenant).Distinct())
        {
            var caller = new Caller("auditor", "auditor", Role.Operator, tenant);
            var report = await vault.VerifyAsync(caller, CancellationToken.None);
            Violation.Unless(report.Problems.Count == 0, $"the store check found: {string.Join("; ", report.Problems)}");
            foreach (var (id, versions) in model.Secrets.Where(pair => pair.Key.Tenant == tenant))
            {
                foreach (var version in versions) await RequireValueAsync(vault, caller, id.Name, version);
            }
        }
    }

    public static void RequireSame(ClusterState left, ClusterState right)
    {
        Violation.Unless(Text(left) == Text(right), "the state in memory is not the state in the store");
    }

    private static async Task<LocalState> LoadAsync(IStateStore store, TimeProvider time)
    {
        try
        {
            return await LocalState.LoadAsync(store, time, NullLoggerFactory.Instance, CancellationToken.None);
        }
        catch (MillException e)
        {
            throw new Violation($"the store cannot be loaded: {e.Message}");
        }
    }

    private static void RequireHistory(SecretHistory history, ImmutableList<ModelVersion> versions)
    {
        Violation.Unless(HistoryCheck.FindFault(history) is null, $"{history.Name}: {HistoryCheck.FindFault(history)}");
        Violation.Unless(HistoryCheck.FindBrokenLink(history) is null, $"{history.Name}: {HistoryCheck.FindBrokenLink(history)}");
        Violation.Unless(history.Versions.Count == versions.Count, $"{history.Name} has {history.Versions.Count} versions, not {versions.Count}");
        foreach (var (expected, record) in versions.Zip(history.Versions)) StoredVersion.RequireSame(expected, record);
    }

    private static async Task RequireValueAsync(IVault vault, Caller caller, SecretName name, ModelVersion version)
    {
        try
        {
            using var reading = (await vault.ReadAsync(caller, new(name, version.Number), CancellationToken.None)).Answer;
            var value = reading.Value.Reveal(Encoding.UTF8.GetString);
            Violation.Unless(version.State is not VersionState.Destroyed && value == version.Value, $"version {version.Number} of {name} is \"{value}\", not \"{version.Value}\"");
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            Violation.Unless(version.State is VersionState.Destroyed, $"version {version.Number} of {name} is gone");
        }
    }

    private static string Text(ClusterState state)
    {
        var text = new StringBuilder();
        foreach (var (tenant, secrets) in state.Tenants)
        {
            text.Append(tenant).Append(' ').Append(secrets.ExistingCount).Append(' ').Append(secrets.VersionCount).Append('\n');
            foreach (var version in secrets.Histories.SelectMany(history => history.Versions)) text.Append(Encoding.UTF8.GetString(RecordCodec.Encode(version))).Append('\n');
        }
        foreach (var (key, record) in state.Idempotency.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
            text.Append(key).Append(Encoding.UTF8.GetString(RecordCodec.Encode(record))).Append('\n');
        return text.Append(state.CommitTime).Append(state.Revision).Append(state.Cluster).ToString();
    }
}
