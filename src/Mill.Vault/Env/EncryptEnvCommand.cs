using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Env;

/// <summary>Stores all secrets of a file at one instant.</summary>
internal sealed class EncryptEnvCommand : VaultCommand<StoredSecrets>
{
    private readonly Caller _caller;
    private readonly EncryptEnv _request;
    private readonly EnvPlan _plan;
    private readonly string _requestId;

    public EncryptEnvCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, EncryptEnv request, EnvPlan plan, WriteContext context)
        : base(ring, AnswerJson.Default.StoredSecrets)
    {
        (_caller, _request, _plan, _requestId) = (caller, request, plan, context.RequestId);
        Idempotency = Remembering.Of(caller, context, () => request.Values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Aggregate(
            Fingerprint.Of(unsealed, "encrypt").Add(request.Content.Span).Add(request.FailOnExisting ? 1 : 0),
            (print, pair) => print.Add(pair.Key).Add(pair.Value, ValueKind.Text)));
    }

    public override int Size => _plan.Stores.Sum(store => store.Value.Length);

    protected override Decision<StoredSecrets> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var steps = EnvStep.Demand(_plan, state, _caller, unsealed, _request.FailOnExisting);
        var changes = steps.Where(step => step.IsChanged).SelectMany(step => Append(state, step, now, unsealed, steps.Count));
        return new(new([.. steps.Select(step => step.Answer)]), [.. changes]);
    }

    private IReadOnlyList<StateChange> Append(ClusterState state, EnvStep step, Timestamp now, Unsealed unsealed, int steps)
    {
        var draft = SecretDecisions.Draft(new(_caller.Tenant, step.Store.Name), step.History, ValueKind.Text, now, _caller.Subject, _requestId);
        return Appending.Changes(state, step.History, EnvelopeSealer.Seal(unsealed, draft, step.Store.Value), now, steps);
    }
}
