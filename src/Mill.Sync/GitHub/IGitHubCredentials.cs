using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>Who asks GitHub: a token, or an app that gets itself one.</summary>
public interface IGitHubCredentials
{
    /// <summary>The token for the next request; the caller disposes it.</summary>
    /// <param name="owner">Of what is asked for: an app has a token for each owner that installed it.</param>
    ValueTask<SecretValue> TokenAsync(string owner, CancellationToken cancellationToken);

    /// <summary>GitHub has just refused the token for this owner: another one may do. False where there is none.</summary>
    bool Forget(string owner);
}
