using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Server.Peers;

namespace Mill.Hosting.Fleet;

/// <summary>The way of what a node of a cluster says to whichever node leads.</summary>
internal sealed class LeaderReports(FleetOffice office, ILeadership leadership, PeerCalls calls, Func<NodeId, NodeRecord?> find, TimeProvider time) : INodeReports
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task SendAsync(NodeReport report, CancellationToken cancellationToken)
    {
        if (leadership.IsLeader)
        {
            await office.SendAsync(report, cancellationToken).ConfigureAwait(false);
            return;
        }
        if (leadership.Leader is not { } leader || find(leader.NodeId) is not { } node) throw new MillException(MillError.NoLeader, "Nobody leads, as far as is known here.");
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await calls.ReportAsync(PeerPlace.Of(node), report, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MillException(MillError.Unreachable, $"The node that leads, {node.Name}, does not answer.");
        }
    }
}
