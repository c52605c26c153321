using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation;

/// <summary>A replicated state that breaks one of its promises.</summary>
internal sealed class MutatedState(IReplicatedState state, Mutation mutation) : IReplicatedState
{
    private ClusterState? _old;
    private int _count;

    public ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken) => state.TryConfirmAsync(level, cancellationToken);

    public async ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken)
    {
        var latest = await state.ReadAsync(read, cancellationToken);
        // Every fourth state is kept, and shown until the next one: some reads are then out of date.
        if (mutation is not Mutation.StaleReads) return latest;
        if (_old is null || latest.Revision >= _old.Revision + 4) _old = latest;
        return _old;
    }

    public ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken) => state.ReadAtAsync(moment, cancellationToken);

    public async Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken)
    {
        if (mutation is Mutation.AnswerTwice && ++_count % 5 == 0) await state.CommitAsync(command, cancellationToken);
        return await state.CommitAsync(command, cancellationToken);
    }

    public async IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StateAdvance? held = null;
        var count = 0;
        await foreach (var advance in state.FollowAsync(afterRevision, cancellationToken))
        {
            count++;
            if (mutation is Mutation.LoseAdvance && count % 3 == 0) continue;
            if (mutation is Mutation.SwapAdvances && count % 3 == 1)
            {
                held = advance;
                continue;
            }
            yield return advance;
            if (held is not null) yield return held;
            held = null;
        }
    }
}
