using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.Members;

/// <summary>Notes what the replicated engine calls a node. Saying it again writes nothing.</summary>
internal sealed class MemberIdCommand(KeyRing.KeyRing ring, NodeId id, string? memberId) : StateCommand<Done>
{
    public override Decision<Done> Decide(ClusterState state, Timestamp now)
    {
        ring.Demand(state);
        var node = MemberBook.Demand(state, id);
        return new(new(), node.MemberId == memberId ? [] : [new(new NodeKey(id), node with { MemberId = memberId })]);
    }
}
