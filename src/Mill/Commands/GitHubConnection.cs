using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Commands;

/// <summary>Which GitHub a command talks to, and as whom: what the environment says. <see cref="GitHubToken"/> says which token.</summary>
internal static class GitHubConnection
{
    public const string AddressVariable = "GITHUB_API_URL";
    public const string AppVariable = "MILL_GITHUB_APP_ID";
    public const string AppKeyFileVariable = "MILL_GITHUB_APP_KEY_FILE";

    // Those of Actions, and of gh(1).
    public const string ServerVariable = "GITHUB_SERVER_URL";
    private const string HostVariable = "GH_HOST";

    /// <summary>The caller disposes it. Throws as <see cref="Address"/>, and <see cref="MillError.Unauthenticated"/> where there is neither a token nor an app.</summary>
    /// <param name="isQuiet">Whether nothing is said of waits, where the error stream is for a program.</param>
    /// <param name="tokenHint">Which token the command needs.</param>
    /// <param name="change">What the command wants otherwise.</param>
    public static GitHubClient Open(CliHost host, bool isQuiet = false, string tokenHint = Words.GitHubReadTokenHint, Func<GitHubOptions, GitHubOptions>? change = null)
    {
        var address = Address(host);
        var options = new GitHubOptions
        {
            Address = address,
            Credentials = Credentials(host, address, tokenHint),
            Time = host.Time,
            Waiting = isQuiet ? null : (why, time) => host.Terminal.Say(Words.GitHubWaits(Printable.From(why), time)),
        };
        return new(change?.Invoke(options) ?? options);
    }

    /// <summary>
    /// Ends with a slash. What somebody sets goes before what a runner sets for its own server, which a step cannot change. Throws <see cref="MillError.Usage"/> for what is no address, or one where the token
    /// would cross a network in the clear.
    /// </summary>
    public static Uri Address(CliHost host)
    {
        if (host.Variable(HostVariable) is { } name) return ApiOf(Parse(HostVariable, $"https://{name}"));
        if (host.Variable(AddressVariable) is { } api) return Parse(AddressVariable, api);
        return host.Variable(ServerVariable) is { } server ? ApiOf(Parse(ServerVariable, server)) : GitHubOptions.DefaultAddress;
    }

    /// <summary>Of a server; null for what is no address.</summary>
    public static Uri? ApiOf(string server) => TryParse(server) is { } address ? ApiOf(address) : null;

    private static Uri? TryParse(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" } ? address : null;

    private static Uri Parse(string variable, string text)
    {
        var address = TryParse(text) ?? throw new MillException(MillError.Usage, Words.NotAGitHubAddress(variable)) { Hint = Words.NotAGitHubAddressHint };
        return address.Scheme is "https" || address.IsLoopback ? address : throw new MillException(MillError.Usage, Words.GitHubNeedsTls(variable)) { Hint = Words.NotAGitHubAddressHint };
    }

    /// <summary>Of a server: github.com and those that GitHub runs for others have a host for it, the rest a path.</summary>
    private static Uri ApiOf(Uri server) => server.Host switch
    {
        "github.com" => GitHubOptions.DefaultAddress,
        var host when host.EndsWith(".ghe.com", StringComparison.Ordinal) => new($"https://api.{host}/"),
        _ => new(server, "/api/v3/"),
    };

    private static IGitHubCredentials Credentials(CliHost host, Uri api, string tokenHint) => (host.Variable(AppVariable), host.Variable(AppKeyFileVariable)) switch
    {
        (null, null) => new TokenCredentials(GitHubToken.Read(host, api, tokenHint)),
        ({ } app, { } file) when app.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_') => new AppCredentials(app, GitHubAppKey.Read(Path.Combine(host.Directory, file)), host.Time),
        ({ }, { }) => throw new MillException(MillError.Usage, Words.NotAGitHubApp(AppVariable)) { Hint = Words.GitHubAppHint },
        (null, _) => throw new MillException(MillError.Usage, Words.HalfAGitHubApp(AppKeyFileVariable, AppVariable)) { Hint = Words.GitHubAppHint },
        _ => throw new MillException(MillError.Usage, Words.HalfAGitHubApp(AppVariable, AppKeyFileVariable)) { Hint = Words.GitHubAppHint },
    };
}
