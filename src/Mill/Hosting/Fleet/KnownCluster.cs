using System.Security.Cryptography;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Hosting.Fleet;

/// <summary>Whose the containers of a server are.</summary>
internal static class KnownCluster
{
    /// <summary>The same for as long as the store is the same. Waits where that is nothing yet, because its key is missing.</summary>
    public static async Task<string> IdAsync(IReplicatedState state, CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
        if (seen.Cluster is { } known) return known.Id;
        await foreach (var _ in state.FollowAsync(seen.Revision, cancellationToken).ConfigureAwait(false))
        {
            if ((await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false)).Cluster is { } made) return made.Id;
        }
        throw new OperationCanceledException(cancellationToken);
    }

    /// <summary>What the containers of a server know their node by that is no node of a cluster: made of what names its store.</summary>
    public static NodeId LoneNodeOf(string cluster) => NodeId.From(SHA256.HashData(Encoding.UTF8.GetBytes(cluster)).AsSpan(0, 8));
}
