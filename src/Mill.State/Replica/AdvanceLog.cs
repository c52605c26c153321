using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.State.Replica;

/// <summary>
/// The latest advances of the state, as a linked list that followers walk at their own pace. A publisher never waits for a follower;
/// one that fell too far behind is told that the state was replaced.
/// </summary>
internal sealed class AdvanceLog
{
    private const int Capacity = 8192;

    private readonly Lock _lock = new();
    private Node _oldest;
    private Node _latest;

    public AdvanceLog(ClusterState start) => _oldest = _latest = new(start, sequence: 0);

    public ClusterState Latest => Volatile.Read(ref _latest).After;

    public void Publish(StateAdvance advance)
    {
        Node before;
        lock (_lock)
        {
            before = _latest;
            var node = new Node(advance.After, before.Sequence + 1);
            before.Advance = advance;
            before.Next = node;
            Volatile.Write(ref _latest, node);
            // A reset cuts the list: nobody may resume across it.
            if (advance.IsReset) _oldest = node;
            else if (node.Sequence - _oldest.Sequence > Capacity) _oldest = _oldest.Next!;
        }
        before.Passed.TrySetResult();
    }

    public async IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var node = Find(afterRevision);
        if (node is null)
        {
            node = Volatile.Read(ref _latest);
            yield return Reset(node.After);
        }
        while (true)
        {
            await node.Passed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            var latest = Volatile.Read(ref _latest);
            if (latest.Sequence - node.Sequence > Capacity)
            {
                node = latest;
                yield return Reset(node.After);
                continue;
            }
            yield return node.Advance!;
            node = node.Next!;
        }
    }

    private static StateAdvance Reset(ClusterState state) => new(state, state, []) { IsReset = true };

    /// <summary>The node whose state is of a revision, or null where it is not known (any more, or yet).</summary>
    private Node? Find(long revision)
    {
        lock (_lock)
        {
            for (var node = _oldest; node is not null; node = node.Next)
            {
                if (node.After.Revision == revision) return node;
            }
            return null;
        }
    }

    private sealed class Node(ClusterState after, long sequence)
    {
        public ClusterState After { get; } = after;

        public long Sequence { get; } = sequence;

        /// <summary>Done once <see cref="Advance"/> and <see cref="Next"/> are there.</summary>
        public TaskCompletionSource Passed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StateAdvance? Advance { get; set; }

        public Node? Next { get; set; }
    }
}
