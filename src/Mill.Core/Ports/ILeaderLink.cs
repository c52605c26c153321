using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>The way to the node that leads, for a node that does not.</summary>
public interface ILeaderLink
{
    /// <summary>What <see cref="ILeadership.ConfirmAsync"/> answers there. Throws <see cref="MillError.NoLeader"/> where it cannot be asked.</summary>
    ValueTask<long> ConfirmAsync(LeaderRecord leader, Timestamp? settled, CancellationToken cancellationToken);
}
