using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>What the leader has heard of nodes. It is in its memory only: a new leader has heard of nobody yet, and so waits as long as if it had heard of all when it took office.</summary>
/// <param name="Since">When this leader took office.</param>
/// <param name="LastHeard">When a node was last heard of.</param>
/// <param name="Timeout">Of what length a silence is too long.</param>
public sealed record NodeLiveness(Timestamp Since, IReadOnlyDictionary<NodeId, Timestamp> LastHeard, TimeSpan Timeout)
{
    /// <summary>Until when a node has time.</summary>
    public Timestamp DeadlineOf(NodeId node) => (LastHeard.TryGetValue(node, out var heard) && heard > Since ? heard : Since) + Timeout;
}
