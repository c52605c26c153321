using System.Text;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Vault.Members;

/// <summary>Takes a node out, and its certificates with it. Somebody must be left who holds the state.</summary>
internal sealed class RemoveNodeCommand : StateCommand<NodeRecord>
{
    private readonly KeyRing.KeyRing _ring;
    private readonly NodeId _id;

    public RemoveNodeCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, NodeId id, WriteContext context)
    {
        (_ring, _id) = (ring, id);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "remove-node").Add(id.Value));
    }

    public override Decision<NodeRecord> Decide(ClusterState state, Timestamp now)
    {
        var unsealed = _ring.Demand(state);
        var node = MemberBook.Demand(state, _id);
        if (node.Role.HoldsKey() && !state.Nodes.Values.Any(other => other.Id != _id && other.Role.HoldsKey()))
        {
            throw new MillException(MillError.PreconditionFailed, $"Node {_id} (\"{node.Name}\") is the last one that holds the state.")
            {
                Hint = "Let another vault node join first.",
            };
        }
        Core.Deploys.NodeRules.DemandEmpty(state.Fleet, _id);
        using var authority = ClusterAuthority.Open(unsealed, MemberBook.DemandAuthority(state));
        return new(node, [new(new NodeKey(_id), null), .. MemberBook.Containers(state, node), Revoking.Next(authority, state.Revocations, [node], now)]);
    }

    public override string WriteAnswer(NodeRecord answer, IdempotencyKey key) => Encoding.UTF8.GetString(RecordCodec.Encode(answer));

    public override NodeRecord ReadAnswer(string text, IdempotencyKey key) => (NodeRecord)RecordCodec.Decode(new NodeKey(_id), Encoding.UTF8.GetBytes(text));
}
