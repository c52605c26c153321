using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>Who leads, as this node knows it, and what the leader alone can say.</summary>
public interface ILeadership
{
    /// <summary>True while this node takes writes.</summary>
    bool IsLeader { get; }

    /// <summary>Null while nobody leads, as far as this node knows.</summary>
    LeaderRecord? Leader { get; }

    /// <summary>The first leader from now on that is not the given one. Waits until cancelled.</summary>
    /// <param name="other">One that turned out not to lead; null for any.</param>
    ValueTask<LeaderRecord> WaitForLeaderAsync(LeaderRecord? other, CancellationToken cancellationToken);

    /// <summary>
    /// A revision that holds every write that anybody may have seen, by the word of this node while its lease is valid. Throws
    /// <see cref="MillError.NoLeader"/> where it does not lead.
    /// </summary>
    /// <param name="settled">A moment that no later commit may carry, or one before it.</param>
    ValueTask<long> ConfirmAsync(Timestamp? settled, CancellationToken cancellationToken);

    /// <summary>Hands the office over: finishes what was accepted, takes no more, and lets another node take it. Does nothing on a node that does not lead.</summary>
    Task ResignAsync(CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="ResignAsync"/>, but leaves the office to one node: for the time of a lease nobody else can take it. Throws
    /// <see cref="MillError.NoLeader"/> on a node that does not lead.
    /// </summary>
    Task HandOverAsync(NodeRecord to, CancellationToken cancellationToken);
}
