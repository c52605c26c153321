using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Leadership;
using Mill.State.Replica;

namespace Mill.State.Commits;

/// <summary>
/// The one place where the state changes. Commands wait in a queue; all that are there form a batch, are decided in order, and are committed in one
/// transaction: one slow fsync serves every writer that came while the one before was under way.
/// </summary>
/// <param name="term">
/// The term of office in which commands are taken, and the pipeline ends with it; null for a server that is alone with its store, which goes on whatever happens.
/// </param>
internal sealed partial class CommitPipeline(IStateStore store, AdvanceLog log, CommitClock clock, Term? term, TimeProvider time, ILogger<CommitPipeline> logger)
{
    public const int MaxQueue = 4096;

    private const int MaxBatch = 256;
    private const int MaxBatchSize = 4 << 20;
    private const long MaxQueueSize = 64 << 20;
    private const int MaxConflicts = 3;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(5);

    private readonly Channel<PendingCommand> _queue = Channel.CreateBounded<PendingCommand>(new BoundedChannelOptions(MaxQueue) { SingleReader = true });

    /// <summary>The store may hold a commit we know nothing of: nothing can be decided on the state that is here.</summary>
    private bool _isBehind;

    private Flight? _flight;

    private volatile bool _stopped;

    /// <summary>Bytes that wait: values are kept in memory until they are committed.</summary>
    private long _queuedSize;

    /// <summary>The batch whose outcome is not known yet, if there is one.</summary>
    public Flight? Flight => Volatile.Read(ref _flight);

    /// <summary>
    /// Queues a command. Throws <see cref="MillError.RateLimited"/> where too many wait already, and <see cref="MillError.NoLeader"/> or
    /// <see cref="MillError.NotReady"/> once it has ended.
    /// </summary>
    public Task<Committed<T>> SubmitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken)
    {
        var pending = new PendingCommand<T>(command, cancellationToken);
        // A few too many bytes may slip in between the two steps; that is no harm.
        if (Volatile.Read(ref _queuedSize) <= MaxQueueSize && _queue.Writer.TryWrite(pending))
        {
            Interlocked.Add(ref _queuedSize, pending.Size);
            return pending.Answer;
        }
        throw _stopped
            ? Ended()
            : new MillException(MillError.RateLimited, "Too many writes are waiting.") { Hint = "Try again in a moment." };
    }

    /// <summary>Takes no more commands; <see cref="RunAsync"/> ends once those that wait are answered.</summary>
    public void Complete()
    {
        _stopped = true;
        _queue.Writer.TryComplete();
    }

    /// <summary>
    /// Commits until cancelled or complete, then answers what still waits. In a term of office also until the store holds something that was not written by
    /// this term, or may do so.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var batch = new List<PendingCommand>(MaxBatch);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                Take(batch);
                await CommitAsync(batch, cancellationToken).ConfigureAwait(false);
                batch.Clear();
                if (_isBehind && term is not null) return;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shutting down: what waits is answered below.
        }
        finally
        {
            Complete();
            while (_queue.Reader.TryRead(out var command)) command.Fail(Ended());
        }
    }

    private void Take(List<PendingCommand> batch)
    {
        var size = 0;
        while (batch.Count < MaxBatch && size < MaxBatchSize && _queue.Reader.TryRead(out var command))
        {
            Interlocked.Add(ref _queuedSize, -command.Size);
            if (command.IsAbandoned) continue;
            batch.Add(command);
            size += command.Size;
        }
    }

    /// <summary>Commits in as many transactions as it takes; mostly one.</summary>
    private async Task CommitAsync(List<PendingCommand> commands, CancellationToken cancellationToken)
    {
        for (var done = 0; done < commands.Count;)
        {
            var rest = done == 0 ? commands : commands.GetRange(done, commands.Count - done);
            done += await CommitFirstAsync(rest, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Commits and answers the first of these commands, as many as the store takes at once, and returns how many that were.</summary>
    private async Task<int> CommitFirstAsync(List<PendingCommand> commands, CancellationToken cancellationToken)
    {
        var taken = commands.Count;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (_isBehind) await CatchUpAsync(cancellationToken).ConfigureAwait(false);
                var batch = Batch.Decide(log.Latest, commands, clock, store.Limits);
                taken = batch.Commands;
                // Others may have written what is not known here: without a commit, only the lease says that nobody did.
                if (batch.IsEmpty && term is { IsSure: false }) throw Ended();
                if (batch.IsEmpty || await CommitAsync(batch, taken, cancellationToken).ConfigureAwait(false)) break;
                if (attempt == MaxConflicts) throw new MillException(MillError.NoLeader, "Another writer keeps changing the store.");
            }
            var revision = log.Latest.Revision;
            for (var i = 0; i < taken; i++) commands[i].Complete(revision);
        }
#pragma warning disable CA1031 // Every failure belongs to the callers of the batch; the pipeline itself goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogBatchFailed(taken, e.Message);
            for (var i = 0; i < taken; i++) commands[i].Fail(e is OperationCanceledException ? Unknown(e) : e);
        }
        return taken;
    }

    /// <summary>
    /// True once the batch is durable; false where the store holds something else than we thought, so that it must be decided anew.
    /// A lost reply is answered by sending the very same transaction again: either it did not happen, and happens now, or it did, and then the fence
    /// fails and the head record holds our own batch id.
    /// </summary>
    private async Task<bool> CommitAsync(Batch batch, int commands, CancellationToken cancellationToken)
    {
        var flight = batch.TakeOff();
        Volatile.Write(ref _flight, flight);
        try
        {
            return await SendAsync(batch, commands, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whoever waits for the batch must not take the state without it for the latest.
            if (_isBehind) term?.End();
            Volatile.Write(ref _flight, null);
            flight.Land();
        }
    }

    private async Task<bool> SendAsync(Batch batch, int commands, CancellationToken cancellationToken)
    {
        var batchId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var transaction = batch.ToTransaction(batchId, term?.Fence);
        var start = time.GetTimestamp();
        var doubtful = false;
        long? revision;
        while (true)
        {
            try
            {
                var commit = await store.CommitAsync(transaction, cancellationToken).ConfigureAwait(false);
                revision = commit.Succeeded ? commit.Revision : await FindOwnAsync(batchId, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (MillException e) when (e.Error is MillError.OutcomeUnknown && time.GetElapsedTime(start) < GiveUpAfter)
            {
                (doubtful, _isBehind) = (true, true);
                LogOutcomeUnknown(batchId, e.Message);
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
            }
            // Only what the store says in so many words did not happen.
            catch (Exception e) when (doubtful || !DidNotHappen(e))
            {
                _isBehind = true;
                throw Unknown(e);
            }
        }
        if (revision is { } done)
        {
            Publish(batch, done);
            CommitMetrics.Record(commands, time.GetElapsedTime(start));
            return true;
        }
        _isBehind = true;
        // In doubt, and the head is somebody else's: ours may lie below it, and deciding anew could do everything twice.
        return doubtful ? throw Unknown() : false;
    }

    private static bool DidNotHappen(Exception e) => e is MillException
    {
        Error: MillError.StorageFull or MillError.StorageUnavailable or MillError.StorageDamaged or MillError.NoQuorum or MillError.TooLarge,
    };

    private static MillException Unknown(Exception? cause = null) =>
        new(MillError.OutcomeUnknown, "The write may or may not have happened: the storage did not say.", cause)
        {
            Hint = "Read the secret to see, or send the same request again with the same Idempotency-Key.",
        };

    /// <summary>The revision at which our own batch is in the store, or null where the head is somebody else's.</summary>
    private async ValueTask<long?> FindOwnAsync(string batchId, CancellationToken cancellationToken)
    {
        var found = await store.FindAsync(Batch.Head, cancellationToken).ConfigureAwait(false);
        return found is { } entry && RecordCodec.Decode(new HeadKey(), entry.Value.Span) is HeadRecord head && head.Batch == batchId ? entry.Revision : null;
    }

    private void Publish(Batch batch, long revision)
    {
        _isBehind = false;
        var after = batch.After with { Revision = revision, HeadRevision = revision };
        log.Publish(after, StateAdvance.Between(batch.Before, after, batch.Touched()));
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        // Somebody else leads, or will: what is written from now on is theirs to decide.
        if (term is not null) throw Ended();
        var before = log.Latest;
        var state = await StateLoad.RunAsync(store, cancellationToken).ConfigureAwait(false);
        _isBehind = false;
        log.Publish(state, StateAdvance.Reset(before.Revision, state.Revision));
        LogReloaded(state.Revision);
    }

    private MillException Ended() => term is null
        ? new(MillError.NotReady, "The server is shutting down.")
        : new(MillError.NoLeader, "This node does not lead any more. Nothing was written.") { Hint = "Send the request again: another node takes over." };

    [LoggerMessage(3001, LogLevel.Warning, "A batch of {Commands} commands was not committed: {Reason}")]
    private partial void LogBatchFailed(int commands, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "The outcome of batch {Batch} is not known, asking again: {Reason}")]
    private partial void LogOutcomeUnknown(string batch, string reason);

    [LoggerMessage(3003, LogLevel.Warning, "The state was read again from the store, at revision {Revision}")]
    private partial void LogReloaded(long revision);
}
