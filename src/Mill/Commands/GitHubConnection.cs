using System.Security.Cryptography;
using System.Text;
using Mill.Interaction;
using Mill.Profiles;
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
    private const int NoteNameLength = 8; // bytes

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
            Credentials = Credentials(host, address, tokenHint, out var asker),
            Note = NoteOf(host, address, asker),
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

    /// <summary>A note for each token: whose it is, only GitHub knows. What stands in the name of the file gives no token away.</summary>
    private static WaitNote? NoteOf(CliHost host, Uri address, byte[] asker) =>
        Places.State(host) is { } state ? new(Path.Combine(state, "github", Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(address.AbsoluteUri), 0, .. asker]).AsSpan(0, NoteNameLength)))) : null;

    /// <param name="asker">Whoever it is: a digest.</param>
    private static IGitHubCredentials Credentials(CliHost host, Uri api, string tokenHint, out byte[] asker)
    {
        var (app, file) = (host.Variable(AppVariable), host.Variable(AppKeyFileVariable));
        if (app is null && file is null)
        {
            var token = GitHubToken.Read(host, api, tokenHint);
            asker = token.Reveal(SHA256.HashData);
            return new TokenCredentials(token);
        }
        if (app is null) throw new MillException(MillError.Usage, Words.HalfAGitHubApp(AppKeyFileVariable, AppVariable)) { Hint = Words.GitHubAppHint };
        if (file is null) throw new MillException(MillError.Usage, Words.HalfAGitHubApp(AppVariable, AppKeyFileVariable)) { Hint = Words.GitHubAppHint };
        if (!app.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_')) throw new MillException(MillError.Usage, Words.NotAGitHubApp(AppVariable)) { Hint = Words.GitHubAppHint };
        asker = SHA256.HashData(Encoding.UTF8.GetBytes(app));
        return new AppCredentials(app, GitHubAppKey.Read(Path.Combine(host.Directory, file)), host.Time);
    }
}
