using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Peers;

namespace Mill.Hosting.Cluster;

/// <summary>The other nodes, asked one after the other until one answers. For what a node needs before it can take part, and for its own upkeep.</summary>
internal sealed class NodePeers(PeerCalls calls, NodeId self, Func<IReadOnlyList<MemberPlace>> members, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>All nodes that hold the state, as far as is known, but this one.</summary>
    public IEnumerable<MemberPlace> Others => members().Where(member => member.Id != self.Value && member.Role is not "api");

    /// <summary>
    /// Asks until somebody answers. Throws what is no matter of waiting: a refusal, or <see cref="MillError.Unreachable"/> where there is nobody to ask.
    /// </summary>
    /// <param name="waiting">Told why it is not done yet.</param>
    public async Task<T> AskAsync<T>(Func<PeerCalls, PeerPlace, CancellationToken, Task<T>> ask, Action<string> waiting, CancellationToken cancellationToken)
    {
        while (true)
        {
            MillException? failure = null;
            foreach (var member in Others)
            {
                try
                {
                    return await AskOneAsync(member, ask, cancellationToken).ConfigureAwait(false);
                }
                catch (MillException e) when (IsPassing(e.Error))
                {
                    failure = e;
                }
            }
            waiting((failure ?? throw new MillException(MillError.Unreachable, "No other node is known.") { Hint = "Remove this node, and let it join again." }).Message);
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks one node, once.</summary>
    public async Task<T> AskOneAsync<T>(MemberPlace member, Func<PeerCalls, PeerPlace, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await ask(calls, PeerPlace.Of(member), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MillException(MillError.Unreachable, $"Node {member.Name} does not answer.", e);
        }
    }

    /// <summary>What another node, or another moment, may answer otherwise.</summary>
    private static bool IsPassing(MillError error) => error is MillError.Unreachable or MillError.OutcomeUnknown or MillError.NoLeader or MillError.NoQuorum or MillError.NotReady
        or MillError.StorageUnavailable or MillError.VaultSealed or MillError.RateLimited;
}
