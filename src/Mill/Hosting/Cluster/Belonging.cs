using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.State.Replica;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Finds out when this node was taken out of its cluster. It mostly cannot read that in the state: its engine is taken out first. So while the engine does not
/// answer, the other nodes are asked.
/// </summary>
internal sealed class Belonging(NodeId self, SharedState state, IEngineMembers engine, NodePeers peers, TimeProvider time)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(2);

    /// <summary>Returns once this node is no member any more.</summary>
    public async Task EndsAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(AskEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (state.Latest is { Authority: not null } known && !known.Nodes.ContainsKey(self)) return;
            if ((await engine.GetStatusAsync(cancellationToken).ConfigureAwait(false)).State is EngineState.Unavailable && await IsRefusedAsync(cancellationToken).ConfigureAwait(false)) return;
        }
    }

    private async Task<bool> IsRefusedAsync(CancellationToken cancellationToken)
    {
        foreach (var member in peers.Others)
        {
            try
            {
                await peers.AskOneAsync(member, static (calls, place, stop) => calls.GetAsync<MemberPlaces>(place, PeerPaths.Members, requestId: null, stop), cancellationToken).ConfigureAwait(false);
                return false;
            }
            catch (MillException e) when (e.Error is MillError.Forbidden)
            {
                return true;
            }
            catch (MillException)
            {
                // The next one may know.
            }
        }
        return false;
    }
}
