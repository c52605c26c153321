using Microsoft.AspNetCore.Http;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>What runs, at one moment, as answers name it.</summary>
internal sealed class FleetView(FleetParts fleet, ClusterParts? cluster, ServerIdentity identity, TimeProvider time)
{
    /// <summary>What is only nice to know is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public IReplicatedState State => fleet.State;

    /// <summary>As fresh as a request asks for.</summary>
    public async ValueTask<ClusterState> ReadAsync(HttpContext http, Caller caller, ReadLevel level)
    {
        var seen = await fleet.State.ReadAsync(new StateRead(level, IsConfirmed: caller.IsConfirmed), http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(seen.Revision);
        return seen;
    }

    /// <summary>What is here, which holds every commit that this server has answered.</summary>
    public ValueTask<ClusterState> ReadLocalAsync(CancellationToken cancellationToken) => fleet.State.ReadAsync(StateRead.Local, cancellationToken);

    public string NameOf(ClusterState seen, NodeId node) => seen.Nodes.TryGetValue(node, out var record) ? record.Name : seen.Nodes.IsEmpty ? identity.Node : node.Value;

    /// <summary>What the node that leads has heard last. Nothing, where it does not say so at once.</summary>
    public async Task<LiveView> LiveAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        if (cluster is null || cluster.Leadership.IsLeader) return fleet.Live();
        if (cluster.Leadership.Leader is not { } leader || !seen.Nodes.TryGetValue(leader.NodeId, out var node)) return LiveView.Empty;
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await cluster.Calls.GetLiveAsync(PeerPlace.Of(node), either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Secrets.MillException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return LiveView.Empty;
        }
    }
}
