using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Replica;

/// <summary>
/// The latest state, and the latest advances to it as a linked list that followers walk at their own pace. A publisher never waits for a follower;
/// one that fell too far behind is told that the state was replaced.
/// </summary>
internal sealed class AdvanceLog
{
    private const int MaxAdvances = 8192;
    private const int MaxChanges = 100_000;

    private readonly Lock _lock = new();
    private ClusterState _state;
    private Node _oldest;
    private Node _latest;
    private int _changes;
    private bool _isClosed;

    public AdvanceLog(ClusterState start)
    {
        _state = start;
        _oldest = _latest = new(start.Revision, sequence: 0);
    }

    public ClusterState Latest => Volatile.Read(ref _state);

    /// <summary>Makes a later state the latest one. What is not later is known already, and changes nothing; and so does all after <see cref="Close"/>.</summary>
    public void Publish(ClusterState state, StateAdvance advance)
    {
        Node before;
        lock (_lock)
        {
            if (_isClosed || state.Revision <= _state.Revision) return;
            before = _latest;
            var node = new Node(advance.After, before.Sequence + 1) { Before = before };
            (before.Advance, before.Next) = (advance, node);
            _changes += advance.Changes.Count;
            Volatile.Write(ref _state, state);
            Volatile.Write(ref _latest, node);
            ForgetLocked(advance.IsReset);
        }
        before.Passed.TrySetResult();
    }

    /// <summary>There will be no later state here: whoever waits for one, now or later, is told why.</summary>
    public void Close(MillException reason)
    {
        Node latest;
        lock (_lock) (latest, _isClosed) = (_latest, true);
        latest.Passed.TrySetException(reason);
    }

    /// <summary>The first state from now on for which something holds.</summary>
    public async ValueTask<ClusterState> WaitAsync(Func<ClusterState, bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            var node = Volatile.Read(ref _latest);
            // The node first: a state that is published in between has passed it already.
            var state = Latest;
            if (holds(state)) return state;
            await node.Passed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var node = Find(afterRevision);
        if (node is null)
        {
            node = Volatile.Read(ref _latest);
            yield return StateAdvance.Reset(afterRevision, node.Revision);
        }
        while (true)
        {
            await node.Passed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            var latest = Volatile.Read(ref _latest);
            if (latest.Sequence - node.Sequence > MaxAdvances)
            {
                yield return StateAdvance.Reset(node.Revision, latest.Revision);
                node = latest;
                continue;
            }
            yield return node.Advance!;
            node = node.Next!;
        }
    }

    private void ForgetLocked(bool everything)
    {
        // A reset cuts the list: nobody may resume across it.
        while (_oldest != _latest && (everything || _changes > MaxChanges || _latest.Sequence - _oldest.Sequence > MaxAdvances))
        {
            _changes -= _oldest.Advance!.Changes.Count;
            _oldest = _oldest.Next!;
        }
        _oldest.Before = null;
    }

    /// <summary>The node whose state is of a revision, or null where it is not known (any more, or yet).</summary>
    private Node? Find(long revision)
    {
        lock (_lock)
        {
            // Who asks has mostly seen what was the latest a moment ago.
            var node = _latest;
            while (node is not null && node.Revision > revision) node = node.Before;
            return node?.Revision == revision ? node : null;
        }
    }

    private sealed class Node(long revision, long sequence)
    {
        public long Revision { get; } = revision;

        public long Sequence { get; } = sequence;

        /// <summary>Done once <see cref="Advance"/> and <see cref="Next"/> are there.</summary>
        public TaskCompletionSource Passed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StateAdvance? Advance { get; set; }

        /// <summary>Null for the oldest that is known.</summary>
        public Node? Before { get; set; }

        public Node? Next { get; set; }
    }
}
