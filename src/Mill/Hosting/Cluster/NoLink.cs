using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Hosting.Cluster;

/// <summary>The way to a leader where there is no other node.</summary>
internal sealed class NoLink : ILeaderLink
{
    public static NoLink Instance { get; } = new();

    public ValueTask<long> ConfirmAsync(LeaderRecord leader, Timestamp? settled, CancellationToken cancellationToken) =>
        throw new MillException(MillError.NoLeader, "There is no other node.");
}
