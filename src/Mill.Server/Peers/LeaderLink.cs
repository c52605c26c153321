using System.Globalization;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>The way to the leader over HTTP.</summary>
/// <param name="find">Where a node is, as this one knows it. Asked for each call.</param>
public sealed class LeaderLink(PeerCalls calls, Func<NodeId, NodeRecord?> find) : ILeaderLink
{
    /// <summary>A read is answered within five seconds, with its answer or without.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.5);

    public async ValueTask<long> ConfirmAsync(LeaderRecord leader, Timestamp? settled, CancellationToken cancellationToken)
    {
        var node = find(leader.NodeId) ?? throw NoWay(leader, "it is not known here");
        var path = settled is { } moment ? string.Create(CultureInfo.InvariantCulture, $"{PeerPaths.Confirm}?settled={moment.Microseconds}") : PeerPaths.Confirm;
        using var limit = new CancellationTokenSource(Patience, calls.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (await calls.GetAsync<ConfirmResponse>(PeerPlace.Of(node), path, null, either.Token).ConfigureAwait(false)).Revision;
        }
        // What is wrong with the question is wrong whoever is asked.
        catch (MillException e) when (e.Error is not MillError.InvalidRequest)
        {
            throw NoWay(leader, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoWay(leader, "it does not answer", e);
        }
    }

    private static MillException NoWay(LeaderRecord leader, string why, Exception? cause = null) =>
        new(MillError.NoLeader, $"The leader, {leader.Name}, cannot be asked: {why}", cause);
}
