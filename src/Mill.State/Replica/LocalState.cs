using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.State.Commits;

namespace Mill.State.Replica;

/// <summary>The state of a server that is alone with its store: every write goes through it, so its own replica is always the latest.</summary>
public sealed class LocalState : IReplicatedState
{
    private readonly CommitClock _clock;
    private readonly AdvanceLog _log;
    private readonly CommitPipeline _pipeline;

    private LocalState(IStateStore store, ClusterState state, TimeProvider time, ILoggerFactory loggers)
    {
        _clock = new(time);
        _log = new(state);
        _pipeline = new(store, _log, _clock, term: null, time, loggers.CreateLogger<CommitPipeline>());
    }

    public static async Task<LocalState> LoadAsync(IStateStore store, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var state = await StateLoad.RunAsync(store, cancellationToken).ConfigureAwait(false);
        return new(store, state, time, loggers);
    }

    /// <summary>Opens a store that shows all its entries while it is being opened, and loads them: reading a large store twice would take twice as long.</summary>
    /// <param name="open">Shows what stands under any prefix.</param>
    public static async Task<(TStore Store, LocalState State)> OpenAsync<TStore>(
        Func<StoreVisitor, TStore> open, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
        where TStore : class, IStateStore
    {
        TStore? store = null;
        try
        {
            var state = await StateLoad.RunAsync(OpenAndVisitAsync, cancellationToken).ConfigureAwait(false);
            return (store!, new(store!, state, time, loggers));
        }
        catch
        {
            if (store is not null) await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        ValueTask<long> OpenAndVisitAsync(StoreVisitor visit)
        {
            store = open((key, value, revision) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (key.StartsWith(RecordKey.Root, StringComparison.Ordinal)) visit(key, value, revision);
            });
            return store.GetRevisionAsync(cancellationToken);
        }
    }

    /// <summary>Commits until cancelled. Reads work before and after.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _pipeline.RunAsync(cancellationToken);

    public ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken) => ValueTask.FromResult(_log.Latest);

    public ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public async ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken)
    {
        var state = _log.Latest;
        if (moment <= state.CommitTime) return state;
        await _pipeline.SubmitAsync(new Settlement(moment), cancellationToken).ConfigureAwait(false);
        return _log.Latest;
    }

    public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken) => _pipeline.SubmitAsync(command, cancellationToken);

    public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken) => _log.FollowAsync(afterRevision, cancellationToken);
}
