using Mill.Core.Sync;
using Mill.Sync.Requirements;

namespace Mill.Interaction;

/// <content>What is said about the secrets of repositories on GitHub.</content>
internal static partial class Words
{
    public const string SyncGroup = "Secrets for builds on GitHub";
    public const string SyncCheck = "Check that the secrets a build needs are on GitHub; exit code 3 if some are missing. Reads names only";
    public const string SyncNamesArgument = "The names [default: require: in mill-sync.yaml, else those that the workflows use]";
    public const string SyncRepositoryOption = "The repository [default: GITHUB_REPOSITORY, else that of the git remote origin]";
    public const string SyncEnvironmentOption = "The environment whose secrets count first, where the workflow names none";
    public const string SyncStoreOption = "Whose secrets: actions, dependabot or codespaces [default: actions]";
    public const string SyncFileOption = "What says which names are needed, and who is to have what [default: mill-sync.yaml at the top of the checkout]";
    public const string SyncWorkflowsOption = "The workflows to look for names in, besides what else names some [default: .github/workflows at the top of the checkout, where nothing else does]";
    public const string SyncSarifOption = "Print SARIF 2.1.0, for programs that show findings beside the lines";

    public const string SyncFromArguments = "the command line";
    public const string NothingToCheck = "Nothing says which secrets are needed: no name, no require: in mill-sync.yaml, no workflow.";
    public const string NothingToCheckHint = "Name them, or run it in a checkout that has mill-sync.yaml or .github/workflows.";
    public const string EnvironmentsAreForActions = "Environments have secrets for Actions only: leave out --environment or --store.";

    public const string NoGitHubToken = "No auth token (GH_PAT or GITHUB_TOKEN) available.";
    public const string GitHubReadTokenHint = "Set GH_PAT to a personal access token that may read the secrets of the repository (fine-grained: Secrets, read; classic: repo). The GITHUB_TOKEN that Actions makes for a run may not.";
    public const string GitHubWriteTokenHint = "Set GH_PAT to a personal access token that may write the secrets of the targets (fine-grained: Secrets, write, and for environments Environments, write; classic: repo). The GITHUB_TOKEN that Actions makes for a run may not.";
    public const string GitHubAppHint = "An app needs both: MILL_GITHUB_APP_ID, its number or client id, and MILL_GITHUB_APP_KEY_FILE, the file with its private key.";
    public const string GitHubAppKeyHint = "MILL_GITHUB_APP_KEY_FILE names the file that GitHub made for the app: -----BEGIN RSA PRIVATE KEY----- and so on.";
    public const string NotAGitHubAddressHint = "For a GitHub Enterprise Server: GITHUB_API_URL=https://HOST/api/v3. For github.com leave it out.";

    public const string SyncUnknownHint = "What is unknown is neither there nor missing: nothing should be set because of it.";

    public const string SarifMissing = "A secret that is needed is missing.";
    public const string SarifUnknown = "Whether a secret that is needed is there is not known.";
    public const string SarifComputedName = "The name of a secret is known only when the workflow runs.";
    public const string SarifAllSecrets = "All secrets at once are handed to something.";
    public const string SarifInheritedSecrets = "All secrets are handed to another workflow.";
    public const string SarifComputedEnvironment = "An environment is known only when the workflow runs.";
    public const string SarifImpossibleName = "No secret can have this name.";
    public const string SarifUnreadableWorkflow = "A workflow cannot be read.";

    public static string NotAGitHubAddress(string variable) => $"{variable} is not the address of a GitHub.";

    public static string GitHubNeedsTls(string variable) => $"{variable} is not https: the token would cross the network in the clear.";

    public static string NotAGitHubApp(string variable) => $"{variable} is neither the number of a GitHub App nor its client id.";

    public static string HalfAGitHubApp(string set, string missing) => $"{set} is set, and {missing} is not.";

    public static string GitHubAppKeyExposed(string path) => $"The private key of the GitHub App, {path}, can be read by others than its owner.";

    public static string GitHubAppKeyTooLong(string path) => $"{path} is too long for a private key.";

    public static string NoTokenOfServerHint(string host) => $"{host} is not github.com: set GH_PAT, or GH_ENTERPRISE_TOKEN, to a token of that server. GH_TOKEN, and a GITHUB_TOKEN of another server, are never sent there.";

    public static string NotAGitHubToken(string variable) => $"{variable} holds characters that no token has.";

    public static string GitHubWaits(string why, TimeSpan time) => $"waiting {Math.Ceiling(time.TotalSeconds):0} s: {why}";

    public static string NotAnEnvironment(string problem) => $"--environment cannot be this: {problem}.";

    public static string NoWorkflows(string directory) => $"There is no directory {Printable.From(directory)}.";

    public static string SyncChecking(string repository, string source, int count, string names) => $"checking {repository} (from {source}): {NumberOf(count)} from {names}";

    public static string SyncAllPresent(int count) => count is 0 ? "no secret is needed" : count is 1 ? "the secret is there" : $"all {count} secrets are there";

    public static string SyncBrought(string name, string bringer) => $"{name} is needed because {bringer} is.";

    public static string SyncSimilar(string name, string similar) => $"There is no {name}; is {similar} meant?";

    public static string SyncMissing(List<string> names, string repository) => $"{NumberOf(names.Count)} missing in {repository}: {string.Join(", ", names)}.";

    public static string SyncMissingHint(string host, string repository) => $"Push them from the vault: mill sync push. Or set one by hand: gh secret set NAME --repo {(host is "github.com" ? "" : host + "/")}{repository}";

    /// <param name="missing">What is known to be missing, besides.</param>
    public static string SyncUnknown(List<string> unknown, List<string> missing, string repository, string? why) =>
        $"Whether {repository} has {string.Join(", ", unknown)} is not known{(why is null ? "." : $": {why}")}{(missing.Count is 0 ? "" : $" Missing: {string.Join(", ", missing)}.")}";

    public static string SyncFinding(SecretFinding finding, string repository)
    {
        var (required, standing, similar) = finding;
        var place = required.Environment switch
        {
            null => repository,
            { Name: { } name } => $"{repository} or its environment {name}",
            _ => $"{repository} or the environment of the job",
        };
        var text = standing.State is SecretState.Missing ? $"The secret {required.Name} is missing in {place}." : $"Whether {place} has the secret {required.Name} is not known.";
        if (required.BroughtBy is { } bringer) text += $" {SyncBrought(required.Name, bringer)}";
        if (similar is not null) text += $" Is {similar} meant?";
        return string.Join(' ', [text, .. standing.Reasons]);
    }

    public static string Of(SecretState state) => state switch
    {
        SecretState.Present => "present",
        SecretState.Missing => "missing",
        _ => "unknown",
    };

    public static string Of(JobEnvironment? environment) => environment is null ? "-" : environment.Name ?? "(computed)";

    public static string LevelOf(SecretScope scope) => scope switch
    {
        { Organization: not null } => "organization",
        { Environment: not null } => "environment",
        _ => "repository",
    };

    private static string NumberOf(int count) => count is 1 ? "1 secret" : $"{count} secrets";
}
