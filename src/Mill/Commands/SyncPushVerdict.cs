using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Pushing;

namespace Mill.Commands;

/// <summary>What a push comes to, for an exit code.</summary>
internal static class SyncPushVerdict
{
    /// <summary>Null where nothing went wrong. What ended it comes first, then what is wrong with targets, then with secrets.</summary>
    public static MillException? Of(PushReport report)
    {
        var failures = Failures(report).ToList();
        if (failures is not [var (_, first), ..]) return null;
        var (cause, left) = (report.Stopped ?? first, report.Targets.Sum(target => target.Secrets.Count(secret => secret.Outcome is PushOutcome.NotReached)));
        var targetsLeft = report.Targets.Count(target => !target.IsReached);
        return new(cause.Error, Words.SyncPushFailed(failures.Count, cause.Message, left, targetsLeft), cause)
        {
            // The one hint for a refused token that is not about Mill's own.
            Hint = report.Stopped is { Error: MillError.Unauthenticated } ? Words.GitHubWriteTokenHint : cause.Hint,
            RetryAfter = cause.RetryAfter,
            Problems = [.. failures.Select(failure => new MillProblem(failure.Cause.Error.ToCode(), $"{failure.Where}: {failure.Cause.Message}"))],
        };
    }

    /// <summary>Where nothing went wrong: what was left alone, the gravest first.</summary>
    public static int CodeOf(PushReport report)
    {
        var states = report.Targets.SelectMany(target => target.Secrets).Where(secret => secret.Outcome is PushOutcome.Left).Select(secret => secret.Step.State).ToHashSet();
        if (states.Contains(SyncState.Denied)) return ExitCodes.Forbidden;
        if (states.Contains(SyncState.NoSource)) return ExitCodes.NotFound;
        return states.Contains(SyncState.Tampered) || states.Contains(SyncState.Foreign) ? ExitCodes.PreconditionFailed : ExitCodes.Ok;
    }

    private static IEnumerable<(string Where, MillException Cause)> Failures(PushReport report)
    {
        foreach (var target in report.Targets)
        {
            if (target.Failure is { } failure) yield return (target.Target.ToString(), failure);
        }
        foreach (var target in report.Targets)
        {
            foreach (var secret in target.Secrets.Where(secret => secret.Outcome is PushOutcome.Failed)) yield return ($"{target.Target} {secret.Step.Name}", secret.Failure!);
        }
    }
}
