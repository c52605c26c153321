using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Env;

/// <summary>What storing one secret of a file comes to.</summary>
/// <param name="IsChanged">False where the value is current already: then nothing is written.</param>
internal sealed record EnvStep(EnvStore Store, SecretHistory? History, bool IsChanged)
{
    private const string Undone = "Nothing was stored";

    public StoredSecret Answer => new(Store.Name.Value, Version, History?.Current is null, IsChanged);

    private int Version => IsChanged ? (History?.LastVersion ?? 0) + 1 : History!.Current!.Version;

    /// <summary>All steps of a file. Throws <see cref="MillError.InvalidEnv"/> or <see cref="MillError.UnresolvedReferences"/> with everything that stands in the way.</summary>
    public static IReadOnlyList<EnvStep> Demand(EnvPlan plan, ClusterState state, Caller caller, Unsealed unsealed, bool failOnExisting)
    {
        var problems = plan.Problems;
        var steps = new Dictionary<SecretName, EnvStep>();
        foreach (var store in plan.Stores)
        {
            if (!caller.Sees(store.Name))
            {
                problems.AddUnresolved(new(store.Name, null, store.Start));
                continue;
            }
            var history = state.Find(new(caller.Tenant, store.Name));
            steps.Add(store.Name, new(store, history, history?.Current is not { } current || !ValueOf.Is(unsealed, current, store.Value)));
            if (failOnExisting && history?.Current is not null) problems.Add(MillError.AlreadyExists, store.Start, store.Name.Value, $"Secret \"{store.Name}\" exists already.");
        }
        foreach (var reference in plan.References)
        {
            if (!Exists(reference, steps.GetValueOrDefault(reference.Name), state, caller)) problems.AddUnresolved(reference);
        }
        problems.Demand(Undone);
        return [.. plan.Stores.Select(store => steps[store.Name])];
    }

    /// <summary>What the file itself stores counts as there.</summary>
    private static bool Exists(EnvReferenceText reference, EnvStep? step, ClusterState state, Caller caller)
    {
        if (!caller.Sees(reference.Name)) return false;
        if (step is not null && (reference.Version is null || reference.Version == step.Version)) return true;
        var version = Visibility.Find(state, caller, reference.Name) is { } history ? Visibility.Choose(history, new(reference.Name, reference.Version)) : null;
        return version is { State: not VersionState.Destroyed };
    }
}
