using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Commands;

/// <summary>Which GitHub a command talks to, and as whom: what the environment says, as GitHub's own programs read it.</summary>
internal static class GitHubConnection
{
    public const string AddressVariable = "GITHUB_API_URL";

    // The first that is set counts. Nobody sets the first by accident; the last is what gh(1) reads.
    private static readonly string[] TokenVariables = ["GH_PAT", "GITHUB_TOKEN", "GH_TOKEN"];

    /// <summary>The caller disposes the client, and before it the credentials. Throws as <see cref="Address"/>, and <see cref="MillError.Unauthenticated"/> where there is no token.</summary>
    public static GitHubOptions Resolve(CliHost host) => new()
    {
        Address = Address(host),
        Credentials = new TokenCredentials(Token(host)),
        Time = host.Time,
        Waiting = (why, time) => host.Terminal.Say(Words.GitHubWaits(Printable.From(why), time)),
    };

    /// <summary>Ends with a slash. Throws <see cref="MillError.Usage"/> for what is no address, or one where the token would cross a network in the clear.</summary>
    public static Uri Address(CliHost host)
    {
        if (host.Variable(AddressVariable) is not { } text) return GitHubOptions.DefaultAddress;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address is not { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" })
        {
            throw new MillException(MillError.Usage, Words.NotAGitHubAddress) { Hint = Words.NotAGitHubAddressHint };
        }
        return address.Scheme is "https" || address.IsLoopback ? address : throw new MillException(MillError.Usage, Words.GitHubNeedsTls) { Hint = Words.NotAGitHubAddressHint };
    }

    private static SecretValue Token(CliHost host)
    {
        foreach (var variable in TokenVariables)
        {
            if (host.Variable(variable) is not { } token) continue;
            // It stands in a header; what is wrong with it is not shown.
            if (token.Any(character => character is <= ' ' or > '~')) throw new MillException(MillError.Unauthenticated, Words.NotAGitHubToken(variable)) { Hint = Words.NoGitHubTokenHint };
            return SecretValue.FromText(token);
        }
        throw new MillException(MillError.Unauthenticated, Words.NoGitHubToken) { Hint = Words.NoGitHubTokenHint };
    }
}
