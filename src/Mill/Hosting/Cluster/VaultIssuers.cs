using Mill.Client.Contracts;
using Mill.Secrets;
using Mill.Server.Front;
using Mill.Server.Peers;

namespace Mill.Hosting.Cluster;

/// <summary>Who gives a node without state a new certificate: whichever vault does, of those that there are now. They may all be others than when this node joined.</summary>
internal sealed class VaultIssuers(VaultPool pool, PeerCalls calls, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks one after the other, once. Throws what the last one answered, or <see cref="MillError.Unreachable"/>.</summary>
    public async Task<MembershipResponse> AskAsync(RenewRequest request, CancellationToken cancellationToken)
    {
        MillException? failure = null;
        foreach (var vault in pool.InOrder())
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                return await calls.PostAsync<RenewRequest, MembershipResponse>(vault, PeerPaths.Renew, request, either.Token).ConfigureAwait(false);
            }
            catch (MillException e)
            {
                failure = e;
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new(MillError.Unreachable, $"{vault} does not answer.", e);
            }
        }
        throw failure ?? new(MillError.Unreachable, "No vault node is known here.");
    }
}
