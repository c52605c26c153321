using System.Security.Cryptography;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Hosting.Fleet;

/// <summary>What the containers of a server know their node by that is no node of a cluster.</summary>
internal static class LoneNodeId
{
    /// <summary>The same for as long as its store is the same: made of what names that. Waits where the store is nothing yet, because its key is missing.</summary>
    public static async Task<NodeId> FindAsync(IReplicatedState state, CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
        if (seen.Cluster is { } known) return Of(known.Id);
        await foreach (var _ in state.FollowAsync(seen.Revision, cancellationToken).ConfigureAwait(false))
        {
            if ((await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Cluster is { } made) return Of(made.Id);
        }
        throw new OperationCanceledException(cancellationToken);
    }

    private static NodeId Of(string cluster) => NodeId.From(SHA256.HashData(Encoding.UTF8.GetBytes(cluster)).AsSpan(0, 8));
}
