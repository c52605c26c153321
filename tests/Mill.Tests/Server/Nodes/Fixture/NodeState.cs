using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>The common state as one node has it: only the leader commits.</summary>
internal sealed class NodeState(IReplicatedState common) : IReplicatedState
{
    public ILeadership? Office { get; set; }

    /// <summary>Called before each commit, while this node still thinks that it leads.</summary>
    public Action Committing { get; set; } = static () => { };

    public int Commits { get; private set; }

    public ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken) => common.ReadAsync(read, cancellationToken);

    public ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken) => common.TryConfirmAsync(level, cancellationToken);

    public ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken) => common.ReadAtAsync(moment, cancellationToken);

    public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken)
    {
        Committing();
        if (!Office!.IsLeader) throw Fixture.Office.NotLeading();
        Commits++;
        return common.CommitAsync(command, cancellationToken);
    }

    public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken) => common.FollowAsync(afterRevision, cancellationToken);
}
