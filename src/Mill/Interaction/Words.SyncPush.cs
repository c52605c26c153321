using Mill.Core.Sync;
using Mill.Sync.Pushing;

namespace Mill.Interaction;

/// <content>What is said about bringing secrets to GitHub.</content>
internal static partial class Words
{
    public const string SyncPush = "Bring the secrets of mill-sync.yaml from the vault to GitHub; writes only what changed";
    public const string SyncTargetsArgument = "Only these targets of the file: owner/name, owner/name@environment or owner [default: all]";
    public const string SyncDryRunOption = "Say what would be done, and do nothing";
    public const string SyncOverwriteOption = "Write over what others wrote, too";
    public const string SyncPruneOption = "Delete what was pushed before and is wanted no longer, where nobody else wrote it since; the first time, only say so";
    public const string SyncYesOption = "With --prune: do it the first time, too";
    public const string SyncWatch = "Push when a secret changes, until interrupted";

    public const string YesWithoutPrune = "There is nothing for --yes to confirm.";
    public const string YesWithoutPruneHint = "It goes with --prune; nothing else asks.";
    public const string NoSyncTargetsHint = "Write down who is to have what: targets: [{to: owner/name, secrets: [DB_PASSWORD]}]";
    public const string SyncFirstPrune = "hint: what is wanted no longer was only shown, as nothing was pruned here before. To delete it: mill sync push --prune --yes";
    public const string SyncTooLateForRun = "note: the run that this is does not see them: GitHub read the secrets of the repository when it was queued. A later run does; so does a job that starts after this one, of secrets in its environment";

    public static string NoSyncTargets(string file) => $"{Printable.From(file)} has no targets.";

    public static string NotASyncTarget(string text, string reason) => $"{Printable.From(text)} is no target: {reason}.";

    public static string NoSuchSyncTarget(string target, string file) => $"{Printable.From(file)} has no target {Printable.From(target)}.";

    public static string NoSuchSyncTargetHint(IEnumerable<string> targets) => $"It has: {Printable.From(string.Join(", ", targets))}";

    public static string SyncWaitsForOther(string target) => $"{Printable.From(target)}: another push may be at work there; waiting until it is done, or gives no sign";

    public static string SyncStepBegins(int number, int count, string target, SyncStep step) => Printable.From(Invariant($"[{number}/{count}] {target}: {step.Action.Text()} {step.Name}"));

    public static string Of(PushOutcome outcome) => outcome switch
    {
        PushOutcome.NotReached => "not_reached",
        _ => outcome.ToString().ToLowerInvariant(),
    };

    /// <summary>Such as: 2 done, 18 unchanged, in 1 target.</summary>
    public static string SyncOutcome(PushReport report, bool isDryRun)
    {
        var parts = Enum.GetValues<PushOutcome>().Select(outcome => (Count: report.Count(outcome), outcome)).Where(part => part.Count > 0).Select(part => Invariant($"{part.Count} {Of(part.outcome).Replace('_', ' ')}")).ToList();
        var places = report.Targets.Count is 1 ? "1 target" : Invariant($"{report.Targets.Count} targets");
        return $"{(isDryRun ? "dry run: " : "")}{(parts.Count is 0 ? "nothing to do" : string.Join(", ", parts))}, in {places}";
    }

    public static string SyncPushFailed(int failures, string cause, int secretsLeft, int targetsLeft)
    {
        var left = (secretsLeft, targetsLeft) switch
        {
            (0, 0) => "",
            (_, 0) => Invariant($" Not reached: {NumberOf(secretsLeft)}."),
            (0, _) => Invariant($" Not reached: {targetsLeft} of the targets."),
            _ => Invariant($" Not reached: {NumberOf(secretsLeft)} and {targetsLeft} of the targets."),
        };
        return (failures is 1 ? cause : Invariant($"{failures} things could not be done.")) + left;
    }

    public static string SyncWatchFailed(string why) => $"warning: {Printable.From(why)}; trying again…";
}
