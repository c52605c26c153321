using System.Security.Cryptography;
using System.Text;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

/// <summary>One request of one client: how it is sent, and what the model says to it.</summary>
internal abstract class Operation(int number, Caller caller)
{
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    public int Number => number;

    public Caller Caller => caller;

    public string? Key { get; init; }

    /// <summary>Why this client gave up waiting; only what still stood in the queue is dropped.</summary>
    public CancellationTokenSource Cancel { get; } = new();

    public bool IsAbandoned { get; set; }

    public Task<OperationAnswer>? Sent { get; private set; }

    /// <summary>The time at which the pipeline last had it decided; null where it answered from memory.</summary>
    public Timestamp? DecidedAt { get; set; }

    /// <summary>What must be answered, once the commit happened that holds this operation.</summary>
    public string? Expected { get; private set; }

    /// <summary>Two operations with equal texts are the same request.</summary>
    public abstract override string ToString();

    public void Send(IVault vault, Action answered)
    {
        Sent = SendAsync(vault, new WriteContext($"request-{number}", Key), Cancel.Token);
        _ = Sent.ContinueWith(_ => answered(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The same request once more, as a retry sends it.</summary>
    public abstract Operation Again(int number);

    /// <summary>The model's turn: the key first, then the request itself.</summary>
    public ModelState Decide(ModelState state, CommitView commit)
    {
        var outcome = Remembered(state) is { } remembered ? Replay(state, remembered) : Remember(Apply(state, commit), commit);
        Expected = outcome.Text;
        return outcome.State;
    }

    protected abstract Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken);

    protected abstract Outcome Apply(ModelState state, CommitView commit);

    protected SecretId IdOf(SecretName name) => new(caller.Tenant, name);

    protected string Request => $"request-{number}";

    private IdempotencyKey RecordKey => new(caller.TokenId, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Key!))));

    private ModelAnswer? Remembered(ModelState state)
    {
        if (Key is null || state.Remembered.GetValueOrDefault(RecordKey) is not { } known) return null;
        if (DecidedAt is not { } now) return known;
        var age = TimeSpan.FromMicroseconds(now.Microseconds - known.AppliedAt);
        return age >= Window ? null : throw new Violation($"{this}: key {Key} was applied again after {age}");
    }

    private Outcome Replay(ModelState state, ModelAnswer remembered) => remembered.Request == $"{caller.Tenant} {this}"
        ? new(state, $"{remembered.Text} replayed")
        : Outcome.Refused(state, Secrets.MillError.IdempotencyMismatch);

    private Outcome Remember(Outcome outcome, CommitView commit)
    {
        if (Key is null || outcome.IsRefused) return outcome;
        var record = commit.Answer(RecordKey) ?? throw new Violation($"{this}: key {Key} is not remembered with what it did");
        var answer = new ModelAnswer($"{caller.Tenant} {this}", outcome.Text, record.AppliedAt.Microseconds);
        return outcome with { State = outcome.State with { Remembered = outcome.State.Remembered.SetItem(RecordKey, answer) } };
    }
}

/// <summary>An answer as text, and the revision it came with.</summary>
internal sealed record OperationAnswer(string Text, long Revision)
{
    public static OperationAnswer Of<T>(Committed<T> committed, string text) => new(committed.Replayed ? $"{text} replayed" : text, committed.Revision);
}
