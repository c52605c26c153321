namespace Mill.Secrets.Providers;

/// <summary>What every <see cref="ISecretProvider"/> offers beyond its own members.</summary>
public static class SecretProviderExtensions
{
    /// <summary>
    /// The secret, as a copy that the caller owns. Throws <see cref="SecretNotFoundException"/> where there is none, and the
    /// <see cref="SecretProviderException"/> that says why where that could not be found out.
    /// </summary>
    public static async ValueTask<SecretValue> GetAsync(this ISecretProvider provider, string key, CancellationToken cancellationToken = default)
    {
        var lookup = await provider.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
        return lookup.Status switch
        {
            SecretLookupStatus.Found => lookup.Value!,
            SecretLookupStatus.NotFound => throw new SecretNotFoundException(provider.Name, key),
            _ => throw lookup.Error!,
        };
    }

    /// <summary>
    /// Looks at the place itself where the provider answers from what it keeps; does nothing where it does not. Throws the <see cref="SecretProviderException"/> that says why where the place cannot be
    /// asked.
    /// </summary>
    public static ValueTask RefreshAsync(this ISecretProvider provider, string key, CancellationToken cancellationToken = default) =>
        provider is IRefreshableSecretProvider refreshable ? refreshable.RefreshAsync(key, cancellationToken) : ValueTask.CompletedTask;
}
