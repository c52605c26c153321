using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Leadership;

namespace Mill.State.Replica;

/// <summary>Keeps the state in step with a store that others write to.</summary>
internal sealed partial class StoreFollower(IStateStore store, AdvanceLog log, TimeProvider time, ILogger<StoreFollower> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MillException> _outdated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done once the store was read for the first time. Fails with <see cref="MillError.LaterFormat"/> where that needs a later version of Mill.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Done once the store holds what only a later version of Mill can read: with what is to be said to whoever asks. Until this process ends, nothing more is read.</summary>
    public Task<MillException> Outdated => _outdated.Task;

    /// <summary>
    /// Reads the store, and follows it until cancelled. Throws only what makes going on pointless: a store whose content is damaged. Where a later version of Mill is
    /// needed, it stays where it is: the engine of this node still counts for the others.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isBehind = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (isBehind) await ReadAllAsync(cancellationToken).ConfigureAwait(false);
                isBehind = false;
                await foreach (var step in store.WatchAsync(RecordKey.Root, log.Latest.Revision, cancellationToken).ConfigureAwait(false)) Apply(step);
                return;
            }
            catch (WatchCompactedException)
            {
                // Read again above: what fails there is tried again, which here it would not be.
                isBehind = true;
            }
            catch (MillException e) when (e.Error is MillError.LaterFormat)
            {
                Stop(e);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (MillException e) when (e.Error is not MillError.StorageDamaged)
            {
                LogLost(e.Message);
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Stop(MillException later)
    {
        LogOutdated(later.Message, later.Hint);
        var reason = new MillException(MillError.NotReady, $"This node must be upgraded before it can answer. {later.Message}", later) { Hint = later.Hint };
        _outdated.TrySetResult(reason);
        _loaded.TrySetException(later);
        log.Close(reason);
    }

    private void Apply(StoreEvent step)
    {
        var before = log.Latest;
        // The commits of this node itself are known before the store tells of them.
        if (step.Revision <= before.Revision) return;
        var changes = step.Writes.Select(Read).ToList();
        var after = before.Advance(step.Revision, changes);
        if (after.Leader is { } leader && leader.NodeId != before.Leader?.NodeId) LeadershipMetrics.Changed();
        log.Publish(after, StateAdvance.Between(before, after, StateChange.SecretsOf(changes.Select(change => change.Key))));
    }

    private static StateChange Read(StoreWrite write)
    {
        var key = StateLoad.ParseKey(write.Key);
        return new(key, write.Value is { } value ? RecordCodec.Decode(key, value.Span) : null);
    }

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        var state = await StateLoad.RunAsync(store, cancellationToken).ConfigureAwait(false);
        log.Publish(state, StateAdvance.Reset(log.Latest.Revision, state.Revision));
        if (!_loaded.TrySetResult()) LogReloaded(state.Revision);
    }

    [LoggerMessage(3101, LogLevel.Warning, "The store's changes cannot be followed, trying again: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(3103, LogLevel.Error, "This node does not serve any more: it needs a later version of Mill. {Reason} {Hint}")]
    private partial void LogOutdated(string reason, string? hint);

    [LoggerMessage(3102, LogLevel.Warning, "This node fell too far behind: the state was read again from the store, at revision {Revision}")]
    private partial void LogReloaded(long revision);
}
