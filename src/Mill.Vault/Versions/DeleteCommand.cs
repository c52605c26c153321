using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>Ends the current version; the history stays.</summary>
internal sealed class DeleteCommand : VaultCommand<Done>
{
    private readonly Caller _caller;
    private readonly DeleteSecret _request;

    public DeleteCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, DeleteSecret request, WriteContext context)
        : base(ring, AnswerJson.Default.Done)
    {
        (_caller, _request) = (caller, request);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "delete").Add(request.Name.Value).Add(request.Precondition));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var current = state.Find(new(_caller.Tenant, _request.Name))?.Current ?? throw SecretDecisions.NotFound(_request.Name);
        Preconditions.Demand(_request.Name, current, _request.Precondition);
        return new(new(), [SecretDecisions.Delete(current, now)]);
    }
}
