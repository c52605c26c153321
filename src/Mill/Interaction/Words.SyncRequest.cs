using Mill.Sync.Exports;
using Mill.Sync.GitHub;

namespace Mill.Interaction;

/// <content>What is said about secrets that one repository asks another one for.</content>
internal static partial class Words
{
    public const string SyncRequest = "Ask the repository that holds them for the secrets that are missing here, and wait until they are set";
    public const string SyncSourceOption = "The repository that holds the secrets; it needs the workflow of mill sync init-export [default: SOURCE_SECRETS_REPO]";
    public const string SyncRequestEnvironmentOption = "Have them set in this environment, where the next job of this run finds them; those of the repository are read when a run begins";
    public const string SyncRequestOverwriteOption = "Ask for those, too, that are there already";
    public const string SyncDeadlineOption = "How long to wait, such as 90s [default: 30s]";
    public const string SyncIntervalOption = "How often to look [default: 2s]";

    public const string NoSourceRepository = "Nothing says which repository holds the secrets.";
    public const string NoSourceRepositoryHint = "mill sync request NAME --source OWNER/NAME, or set SOURCE_SECRETS_REPO.";
    public const string GitHubRequestTokenHint = "Set GH_PAT to a personal access token that may read the secrets here, and send events to the source and follow its runs (fine-grained: Secrets, read, here; Contents, write, and Actions, read, there; classic: repo). The GITHUB_TOKEN that Actions makes for a run may not.";
    public const string SyncDispatchNotFoundHint = "Check the name, and that the token may send events there and follow their runs (fine-grained: Contents, write, and Actions, read; classic: repo). A workflow that is missing is no 404: GitHub takes an event whether anybody listens or not.";
    public const string SyncRunFailedHint = "Open the page of the run: it says which secret it may not export, or does not have.";

    public const string SyncExport = "Set secrets where a request asks for them; run by the workflow of mill sync init-export";
    public const string SyncExportHint = "This command is run by the workflow that mill sync init-export writes.";
    public const string GitHubExportTokenHint = "In the workflow of mill sync init-export GH_PAT is the secret MILL_EXPORT_TOKEN of the environment mill-export: a token that may write secrets in the repositories that ask (fine-grained: Secrets, write, and for environments Environments, write; classic: repo).";
    public const string SyncExportPolicyHint = "Make it a variable of the environment mill-export, with a line for each rule: allow NAMES TARGETS, such as: allow POSTGRES_* acme/*";

    public const string SyncExportOtherNames = "The names in the request are not those whose values the runner has. Nothing was exported.";

    public const string SyncInitExport = "Write the workflow that answers requests for the secrets of this repository";
    public const string SyncInitForceOption = "Replace one that is there and differs";
    public const string NoCheckout = "This is no checkout of git.";
    public const string NoCheckoutHint = "Run it in a checkout of the repository that holds the secrets.";
    public const string WorkflowExistsHint = "Compare the two; --force replaces it.";
    public const string WorkflowNext =
        """
        Now, on GitHub: make the environment mill-export for the default branch only, with the secret MILL_EXPORT_TOKEN (a token that may write secrets in the repositories that ask) and the variables
        MILL_EXPORT_POLICY (who may have what, such as: allow POSTGRES_* acme/*), MILL_URL and MILL_SHA256 (where mill is).
        The workflow counts once it is on the default branch.
        """;

    public static string SyncTooMany(int count, int most) => $"{count} secrets are missing; one request takes {most}. Name some of them.";

    public static string SyncTooLong(string option, TimeSpan most) => $"{option} is longer than {most.TotalDays:0} days; no run lives longer.";

    public static string SyncRequesting(string source, IReadOnlyList<string> names) => $"asking {source} for {string.Join(", ", names)}";

    public static string SyncRun(string source, WorkflowRun run) => run.IsOver ? $"the run in {source} ended: {run.Conclusion}" : $"a run in {source} is {run.Status.Replace('_', ' ')}: {run.Page}";

    public static string SyncDispatchNotFound(string source) => $"Export dispatch failed (http 404): {source} is not there, or the token may not see it.";

    public static string SyncTimeout(IReadOnlyList<string> names, string reason) => $"Timeout waiting for {string.Join(", ", names)}. {reason}";

    /// <param name="host">Where people see the repositories.</param>
    public static string SyncTimeoutHint(string host, string source, bool hasSucceeded) => hasSucceeded
        ? "Open the page of the run: it says what was set, and where. The workflow may be another than mill sync init-export writes; and GitHub may show late what is there."
        : $"Look at https://{host}/{source}/actions. A run takes 20 to 30 s to start: --deadline 90s waits longer, and what comes late is there at the next try.";

    public static string SyncExportWithout(string variable) => $"{variable} is not set.";

    public static string SyncExportAskedBy(string requester) => requester is "" ? "Who asked is not known." : $"Asked for by {requester}.";

    public static string SyncExportNoSummary(string why) => $"warning: the summary of the run cannot be written: {Printable.From(why)}";

    public static string SyncExportWarning(string name, string warning) => $"warning: {name}: {warning}";

    public static string SyncExportIncomplete(ExportRecord record) => $"{record.Name} was not exported: {record.Reason}.";

    public static string WorkflowExists(string path) => $"{path} is there, and differs.";

    public static string Of(RequestState state) => state switch
    {
        RequestState.Arrived => "arrived",
        RequestState.Failed => "failed",
        _ => "timeout",
    };

    public static string Of(ExportOutcome outcome) => outcome is ExportOutcome.NotReached ? "not_reached" : outcome.ToString().ToLowerInvariant();
}
