namespace Mill.Secrets.Providers;

/// <summary>A provider that answers from what it keeps, and can be told to look at the place itself: for whoever has just been refused with a secret that another one may have replaced.</summary>
public interface IRefreshableSecretProvider : ISecretProvider
{
    /// <summary>
    /// Looks for the secret anew, so that the next lookup gives what the place says now. Throws the <see cref="SecretProviderException"/> that says why where it cannot be asked; what was kept stays.
    /// </summary>
    ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default);
}
