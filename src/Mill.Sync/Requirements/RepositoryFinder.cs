using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>Which repository is meant, where somebody stands in a checkout of it.</summary>
public static class RepositoryFinder
{
    /// <summary>GitHub Actions sets it in every step.</summary>
    public const string Variable = "GITHUB_REPOSITORY";

    private const string Remote = "origin";
    private const string Advice = "Name it with --repo OWNER/NAME";

    /// <summary>Throws <see cref="MillError.Usage"/> where nothing says which, or says something that is no repository. That there is nothing to do is never the answer.</summary>
    /// <param name="named">What somebody typed; null for nothing.</param>
    /// <param name="variable">What the environment variable holds; null for nothing.</param>
    /// <param name="checkout">Null where there is none.</param>
    /// <param name="api">A remote elsewhere is not the one that is meant.</param>
    public static async Task<FoundRepository> FindAsync(string? named, string? variable, GitDirectory? checkout, Uri api, CancellationToken cancellationToken)
    {
        if (named is not null) return new(Parse(named, "--repo"), "--repo");
        if (variable is not null) return new(Parse(variable, Variable), Variable);
        if (checkout is null) throw Unknown("this is no checkout of git", api);
        var url = GitConfig.RemoteUrl(await ReadAsync(checkout.Configuration, cancellationToken).ConfigureAwait(false), Remote);
        if (url is null) throw Unknown($"git has no remote \"{Remote}\" here", api);
        var host = RemoteAddress.HostOf(api);
        return RemoteAddress.Parse(url) switch
        {
            // The address itself is not repeated: it may hold a password.
            null => throw Unknown($"the git remote \"{Remote}\" is on no host", api),
            { Host: var other } when !other.Equals(host, StringComparison.OrdinalIgnoreCase) => throw Unknown($"the git remote \"{Remote}\" is on {other}, not on {host}", api),
            { Repository: { } repository } => new(repository, $"the git remote {Remote}"),
            _ => throw Unknown($"the git remote \"{Remote}\" names no repository as GitHub has them", api),
        };
    }

    /// <summary>Where people see the repositories of an API: github.com, or the host of an Enterprise Server.</summary>
    public static string HostOf(Uri api) => RemoteAddress.HostOf(api);

    private static RepositoryName Parse(string text, string source) =>
        RepositoryName.TryParse(text, out var repository) ? repository : throw new MillException(MillError.Usage, $"{source} says no repository: it is written OWNER/NAME.") { Hint = "For example acme/web." };

    private static MillException Unknown(string why, Uri api) => new(MillError.Usage, $"Nothing says which repository is meant: there is no {Variable}, and {why}.")
    {
        Hint = api == GitHub.GitHubOptions.DefaultAddress ? $"{Advice}. For a GitHub Enterprise Server set GITHUB_API_URL, too: https://HOST/api/v3" : $"{Advice}.",
    };

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, $"{path} cannot be read: {e.Message}", e) { Hint = $"{Advice}." };
        }
    }
}

/// <param name="Source">What said it.</param>
public sealed record FoundRepository(RepositoryName Name, string Source);
