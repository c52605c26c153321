using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>What makes a server a node of a cluster. A server that is alone has none of it.</summary>
/// <param name="Credentials">Of this node.</param>
public sealed record ClusterParts(
    NodeId Self, IReplicatedState State, ILeadership Leadership, IMembers Members, IEngineMembers Engine, CurrentCredentials Credentials, PeerCalls Calls);

/// <summary>What only a cluster can do.</summary>
internal static class OptionalCluster
{
    /// <summary>Throws <see cref="MillError.PreconditionFailed"/> on a server that is alone.</summary>
    public static ClusterParts Demand(this ClusterParts? cluster) =>
        cluster ?? throw new MillException(MillError.PreconditionFailed, "This server is no cluster.") { Hint = "Found one with: mill init" };

    /// <summary>What this node knows, asking nobody.</summary>
    public static ValueTask<ClusterState> ReadLocalAsync(this ClusterParts cluster, CancellationToken cancellationToken) =>
        cluster.State.ReadAsync(StateRead.Local, cancellationToken);
}
