using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Commits;

/// <summary>A command in the queue: decided in its turn, answered once what it decided is durable.</summary>
internal abstract class PendingCommand
{
    /// <summary>True once the caller has given up. Such a command is dropped, as long as it is not decided yet.</summary>
    public abstract bool IsAbandoned { get; }

    /// <summary>See <see cref="StateCommand{T}.Size"/>; as it was when the command came.</summary>
    public abstract int Size { get; }

    /// <summary>Decides, and returns the changes. Failures are kept for the caller, because they too may rest on commands that are not durable yet.</summary>
    public abstract IReadOnlyList<StateChange> Decide(ClusterState state, Timestamp now, out bool scrub);

    /// <summary>Takes back what was decided last: this is the answer instead.</summary>
    public abstract void Refuse(MillException refusal);

    /// <summary>Answers with what was decided.</summary>
    public abstract void Complete(long revision);

    public abstract void Fail(Exception failure);
}

internal sealed class PendingCommand<T>(StateCommand<T> command, CancellationToken cancellationToken) : PendingCommand
{
    private readonly TaskCompletionSource<Committed<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _decided;
    private bool _replayed;
    private bool _partial;
    private Exception? _refusal;

    public Task<Committed<T>> Answer => _answer.Task;

    public override int Size { get; } = command.Size;

    public override bool IsAbandoned
    {
        get
        {
            if (cancellationToken.IsCancellationRequested) _answer.TrySetCanceled(cancellationToken);
            return _answer.Task.IsCompleted;
        }
    }

    public override IReadOnlyList<StateChange> Decide(ClusterState state, Timestamp now, out bool scrub)
    {
        (_refusal, _replayed, _partial, scrub) = (null, false, false, false);
        try
        {
            if (Remembered(state, now) is { } record && IsFinished(record))
            {
                (_decided, _replayed) = (command.ReadAnswer(record.Answer, command.Idempotency!.Key), true);
                return [];
            }
            var decision = command.Decide(state, now);
            (_decided, _partial, scrub) = (decision.Answer, decision.IsPartial, decision.Scrub);
            return command.Idempotency is { } idempotency ? [.. decision.Changes, Remember(idempotency, decision, now)] : decision.Changes;
        }
#pragma warning disable CA1031 // Whatever a command throws belongs to its caller, and must not stop the pipeline.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _refusal = e;
            return [];
        }
    }

    public override void Refuse(MillException refusal) => _refusal = refusal;

    public override void Complete(long revision)
    {
        if (_refusal is not null) _answer.TrySetException(_refusal);
        else _answer.TrySetResult(new(_decided!, revision, _replayed) { IsPartial = _partial });
    }

    public override void Fail(Exception failure) => _answer.TrySetException(failure);

    private IdempotencyRecord? Remembered(ClusterState state, Timestamp now) =>
        command.Idempotency is { } idempotency
        && state.Idempotency.TryGetValue(idempotency.Key, out var record)
        && now < record.AppliedAt + Idempotency.Window ? record : null;

    /// <summary>The first part of a request takes the key already: no other request may have it in between.</summary>
    private bool IsFinished(IdempotencyRecord record) =>
        CryptographicOperations.FixedTimeEquals(record.Fingerprint, command.Idempotency!.Fingerprint)
            ? record.Answer is not IdempotencyRecord.Unfinished
            : throw new MillException(MillError.IdempotencyMismatch, "This Idempotency-Key was used before with a different request. Nothing was written.")
            {
                Hint = "Send every new request with a new key; repeat a key only to repeat the very same request.",
            };

    private StateChange Remember(Idempotency idempotency, Decision<T> decision, Timestamp now) => new(idempotency.Key, new IdempotencyRecord
    {
        Fingerprint = idempotency.Fingerprint,
        Answer = decision.IsPartial ? IdempotencyRecord.Unfinished : command.WriteAnswer(decision.Answer, idempotency.Key),
        AppliedAt = now,
    });
}
