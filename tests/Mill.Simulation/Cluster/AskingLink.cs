using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>How a node asks the leader how far the state is.</summary>
internal sealed class AskingLink(NodeLink link, SimulatedProcess asker, ClusterMutation mutation) : ILeaderLink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async ValueTask<long> ConfirmAsync(LeaderRecord leader, Timestamp? settled, CancellationToken cancellationToken)
    {
        if (mutation is ClusterMutation.OwnReplica && settled is null) return (await asker.State.ReadAsync(StateRead.Local, cancellationToken)).Revision;
        if (mutation is ClusterMutation.MomentForgotten) settled = null;
        var revision = await link.AskAsync(
            leader.NodeId, $"confirm {settled?.Microseconds}", process => process.State.ConfirmAsync(settled, CancellationToken.None).AsTask(), MillError.NoLeader, Patience, cancellationToken);
        return mutation is ClusterMutation.AnswerBehind ? revision - 2 : revision;
    }
}
