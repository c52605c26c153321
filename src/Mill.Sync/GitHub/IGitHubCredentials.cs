using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>Asks GitHub, within its limits, with another token than usual. Throws <see cref="MillException"/> for what is no success.</summary>
/// <param name="token">Makes it when the request is about to be sent, however long that had to wait.</param>
internal delegate Task<GitHubAnswer> GitHubAsk(GitHubCall call, Func<SecretValue> token, CancellationToken cancellationToken);

/// <summary>Who asks GitHub: a token, or an app that gets itself one. Its client disposes it.</summary>
public interface IGitHubCredentials : IDisposable
{
    /// <summary>The token for the next request; the caller disposes it.</summary>
    /// <param name="owner">Of what is asked for: an app has a token for each owner that installed it.</param>
    /// <param name="ask">For what GitHub has to be asked first.</param>
    internal ValueTask<SecretValue> TokenAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken);

    /// <summary>GitHub has just refused the token for this owner: another one may do. False where there is none.</summary>
    internal bool Forget(string owner);
}
