using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>What the leader has heard of nodes, as ages: clocks are set, and those of two leaders differ. It is in its memory only: a new leader has heard of nobody yet, and so waits as long as if it had heard of all when it took office.</summary>
/// <param name="InOffice">How long this leader has listened without a break.</param>
/// <param name="Silence">How long nothing was heard of a node; not there where nothing ever was.</param>
/// <param name="Timeout">Of what length a silence is too long.</param>
public sealed record NodeLiveness(TimeSpan InOffice, IReadOnlyDictionary<NodeId, TimeSpan> Silence, TimeSpan Timeout)
{
    /// <summary>Until when a node has time.</summary>
    public Timestamp DeadlineOf(NodeId node, Timestamp now) => now + (Timeout - (Silence.TryGetValue(node, out var silence) && silence < InOffice ? silence : InOffice));
}
