using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Tokens;

/// <summary>Removes a token of the caller's tenant: from the next request on it is unknown.</summary>
internal sealed class RevokeTokenCommand : VaultCommand<Done>
{
    private readonly Caller _caller;
    private readonly string _id;

    public RevokeTokenCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, string id, WriteContext context)
        : base(ring, AnswerJson.Default.Done)
    {
        (_caller, _id) = (caller, id);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "revoke-token").Add(id));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        if (state.Tokens.GetValueOrDefault(_id) is { } record && record.Tenant == _caller.Tenant) return new(new(), [new(new TokenKey(_id), null)]);
        throw new MillException(MillError.NotFound, $"There is no token \"{_id}\" in tenant \"{_caller.Tenant}\".") { Hint = "List the tokens: mill token list" };
    }
}
