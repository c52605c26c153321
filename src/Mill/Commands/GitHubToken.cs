using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Commands;

/// <summary>The token that the environment has for a GitHub. What is for one server is never sent to another, as gh(1) does it; GH_PAT is for the one that is asked, whichever that is.</summary>
internal static class GitHubToken
{
    private const string Own = "GH_PAT"; // nobody sets it by accident
    private const string OfRun = "GITHUB_TOKEN";
    private const string RunnerVariable = "GITHUB_ACTIONS";

    private enum Run
    {
        None,
        OfThisServer,
        OfAnother,
    }

    /// <summary>Throws <see cref="MillError.Unauthenticated"/> where none is set that is for this server, or the first one is no token.</summary>
    /// <param name="api">Where it is sent to.</param>
    /// <param name="hint">Which one is needed.</param>
    public static SecretValue Read(CliHost host, Uri api, string hint)
    {
        foreach (var variable in Variables(host, api))
        {
            if (host.Variable(variable) is not { } token) continue;
            // It stands in a header; what is wrong with it is not shown.
            if (token.Any(character => character is <= ' ' or > '~')) throw new MillException(MillError.Unauthenticated, Words.NotAGitHubToken(variable)) { Hint = HintFor(api, hint) };
            return SecretValue.FromText(token);
        }
        throw new MillException(MillError.Unauthenticated, Words.NoGitHubToken) { Hint = HintFor(api, hint) };
    }

    /// <summary>The first that is set counts. Outside of a run nobody says whose GITHUB_TOKEN is; gh(1) takes it for github.com's, and so it is here.</summary>
    public static IReadOnlyList<string> Variables(CliHost host, Uri api) => (IsGitHubs(api), RunOf(host, api)) switch
    {
        (true, Run.OfAnother) => [Own, "GH_TOKEN"],
        (true, _) => [Own, OfRun, "GH_TOKEN"],
        (false, Run.OfThisServer) => [Own, "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", OfRun],
        (false, _) => [Own, "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"],
    };

    /// <summary>github.com, and what GitHub runs for others.</summary>
    private static bool IsGitHubs(Uri api) => api.Host is "github.com" || api.Host == GitHubOptions.DefaultAddress.Host || api.Host.EndsWith(".ghe.com", StringComparison.Ordinal);

    /// <summary>A runner says which server it works for. A step that names another API has still the token of that server.</summary>
    private static Run RunOf(CliHost host, Uri api)
    {
        if (host.Variable(RunnerVariable) is not "true" || host.Variable(GitHubConnection.ServerVariable) is not { } server) return Run.None;
        return GitHubConnection.ApiOf(server)?.Authority == api.Authority ? Run.OfThisServer : Run.OfAnother;
    }

    private static string HintFor(Uri api, string hint) => IsGitHubs(api) ? hint : $"{Words.NoTokenOfServerHint(api.Authority)} {hint}";
}
