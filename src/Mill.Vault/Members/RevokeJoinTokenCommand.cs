using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Members;

/// <summary>Removes a join token: from the next request on it is unknown.</summary>
internal sealed class RevokeJoinTokenCommand : VaultCommand<Done>
{
    private readonly string _id;

    public RevokeJoinTokenCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, string id, WriteContext context)
        : base(ring, AnswerJson.Default.Done)
    {
        _id = id;
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "revoke-join-token").Add(id));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed) => state.JoinTokens.ContainsKey(_id)
        ? new(new(), [new(new JoinTokenKey(_id), null)])
        : throw new MillException(MillError.NotFound, $"There is no join token \"{_id}\".");
}
