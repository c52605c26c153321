using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>What became of a secret.</summary>
public enum PushOutcome
{
    /// <summary>It was as it should be.</summary>
    Unchanged,
    Done,

    /// <summary>It would be done; this run only shows it.</summary>
    Planned,

    /// <summary>It was left alone; the step says why.</summary>
    Left,
    Failed,

    /// <summary>The push ended before its turn.</summary>
    NotReached,
}

/// <param name="Failure">Where it failed.</param>
public sealed record PushedSecret(SyncStep Step, PushOutcome Outcome, MillException? Failure = null)
{
    /// <summary>What is odd about the value, which went over as it is; a sentence.</summary>
    public string? Warning { get; init; }
}

/// <param name="Secrets">In the order of names; none where it failed before anything was known.</param>
/// <param name="Failure">Of the target as a whole.</param>
public sealed record TargetReport(SecretScope Target, IReadOnlyList<PushedSecret> Secrets, MillException? Failure = null)
{
    /// <summary>False where the push ended before its turn.</summary>
    public bool IsReached { get; init; } = true;

    /// <summary>Something is still to be done that was to be done now.</summary>
    public bool IsUnfinished => !IsReached || Failure is not null || Secrets.Any(secret => secret.Outcome is PushOutcome.Failed or PushOutcome.NotReached);
}

/// <param name="Stopped">Why it ended before its end: GitHub refuses the token, or takes no more requests.</param>
public sealed record PushReport(IReadOnlyList<TargetReport> Targets, MillException? Stopped)
{
    public int Count(PushOutcome outcome) => Targets.Sum(target => target.Secrets.Count(secret => secret.Outcome == outcome));
}
