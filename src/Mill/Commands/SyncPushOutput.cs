using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Sync.Pushing;

namespace Mill.Commands;

/// <summary>What a push came to, or would: a line for each secret that is not simply as it should be.</summary>
internal static class SyncPushOutput
{
    /// <summary>Set where Actions runs us.</summary>
    public const string RunVariable = "GITHUB_RUN_ID";

    public static void Print(CliHost host, PushReport report, bool isDryRun)
    {
        var table = new Table(Column.Wrapping("TARGET"), Column.Wrapping("NAME"), "STATE", "ACTION", "OUTCOME", Column.Wrapping("WHY"));
        foreach (var target in report.Targets)
        {
            foreach (var (step, outcome, _) in target.Secrets)
            {
                if (outcome is not PushOutcome.Unchanged) table.Add(target.Target.ToString(), step.Name, step.State.Text(), step.Action.Text(), Words.Of(outcome), step.Reason);
            }
        }
        table.WriteTo(host.Terminal);
        foreach (var target in report.Targets)
        {
            foreach (var secret in target.Secrets.Where(secret => secret.Warning is not null)) host.Terminal.Say($"warning: {Printable.From($"{target.Target} {secret.Step.Name}: {secret.Warning}")}");
        }
        if (report.Targets.Any(target => target.Secrets.Any(secret => secret.Step.IsHeldForConsent))) host.Terminal.Say(Words.SyncFirstPrune);
        if (!isDryRun && host.Variable(RunVariable) is not null && report.Targets.Any(IsTooLateForRun)) host.Terminal.Say(Words.SyncTooLateForRun);
        host.Terminal.Say(Words.SyncOutcome(report, isDryRun));
    }

    /// <summary>GitHub reads the secrets of repositories and organizations when a run is queued; those of environments when a job starts.</summary>
    private static bool IsTooLateForRun(TargetReport target) => target.Target.Environment is null && target.Secrets.Any(secret => secret is { Outcome: PushOutcome.Done, Step.IsWrite: true });
}
