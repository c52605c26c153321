using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>One token for everything: a personal one, or the one that Actions makes for a run.</summary>
/// <param name="token">Disposed with this.</param>
public sealed class TokenCredentials(SecretValue token) : IGitHubCredentials, IDisposable
{
    public ValueTask<SecretValue> TokenAsync(string owner, CancellationToken cancellationToken) => new(token.Reveal(static bytes => SecretValue.FromBytes(bytes)));

    /// <summary>False: there is no other.</summary>
    public bool Forget(string owner) => false;

    public void Dispose() => token.Dispose();
}
