using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Commits;

namespace Mill.State.Replica;

/// <summary>The state of a server that is alone with its store: every write goes through it, so its own replica is always the latest.</summary>
public sealed class LocalState : IReplicatedState
{
    private readonly CommitClock _clock;
    private readonly AdvanceLog _log;
    private readonly CommitPipeline _pipeline;
    private readonly long _headRevision;

    private LocalState(IStateStore store, ClusterState state, long headRevision, TimeProvider time, ILoggerFactory loggers)
    {
        _clock = new(time);
        _log = new(state);
        _headRevision = headRevision;
        _pipeline = new(store, _log, _clock, time, loggers.CreateLogger<CommitPipeline>());
    }

    public static async Task<LocalState> LoadAsync(IStateStore store, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var (state, headRevision) = await StateLoad.RunAsync(store, cancellationToken).ConfigureAwait(false);
        return new(store, state, headRevision, time, loggers);
    }

    /// <summary>Commits until cancelled. Reads work before and after.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _pipeline.RunAsync(_headRevision, cancellationToken);

    public ValueTask<ClusterState> ReadAsync(ReadLevel level, CancellationToken cancellationToken) => ValueTask.FromResult(_log.Latest);

    public async ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken)
    {
        var state = _log.Latest;
        if (moment < state.CommitTime) return state;
        if (moment > _clock.Reached && moment > state.CommitTime)
        {
            throw new MillException(MillError.InvalidRequest, "This moment has not come yet: what was true then cannot be told.") { Hint = $"Now is {_clock.Now}." };
        }
        await _pipeline.SubmitAsync(new Settlement(moment, _clock), cancellationToken).ConfigureAwait(false);
        return _log.Latest;
    }

    public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken) => _pipeline.SubmitAsync(command, cancellationToken);

    public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken) => _log.FollowAsync(afterRevision, cancellationToken);

    /// <summary>Waits for its turn, so that every commit with an earlier time is done, and keeps later ones from getting one.</summary>
    private sealed class Settlement(Timestamp moment, CommitClock clock) : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now)
        {
            clock.Settle(moment);
            return new(new(), []);
        }
    }
}
