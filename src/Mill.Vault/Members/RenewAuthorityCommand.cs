using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Members;

/// <summary>More time for the authority, if it is due; answers when it ends then, or else with null. The list of removed nodes' certificates is signed anew: it ends with the authority.</summary>
internal sealed class RenewAuthorityCommand(KeyRing.KeyRing ring) : StateCommand<Timestamp?>
{
    public override Decision<Timestamp?> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = ring.Demand(state);
        if (state.Authority is not { } before || !AuthorityRules.IsDue(ClusterAuthority.EndOf(before), now)) return new(null, []);
        var renewed = ClusterAuthority.Renew(unsealed, before, now);
        using var authority = ClusterAuthority.Open(unsealed, renewed);
        return new(ClusterAuthority.EndOf(renewed), [new(new AuthorityKey(), renewed), Revoking.Next(authority, state.Revocations, [], now)]);
    }
}
