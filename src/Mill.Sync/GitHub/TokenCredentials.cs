using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>One token for everything: a personal one, or the one that Actions makes for a run.</summary>
/// <param name="token">Disposed with this.</param>
public sealed class TokenCredentials(SecretValue token) : IGitHubCredentials
{
    ValueTask<SecretValue> IGitHubCredentials.TokenAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken) => new(token.Reveal(static bytes => SecretValue.FromBytes(bytes)));

    bool IGitHubCredentials.Forget(string owner) => false;

    public void Dispose() => token.Dispose();
}
