namespace Mill.Secrets.Providers;

/// <summary>
/// A place that secrets come from: the environment, a file, a vault, or several of them in a row. Safe for any number of threads.
/// Dispose it to clear what it holds and to end its watches.
/// </summary>
public interface ISecretProvider : IAsyncDisposable
{
    /// <summary>How messages and <see cref="SecretLookup.ResolvedFrom"/> call it.</summary>
    string Name { get; }

    /// <summary>What it can do; the rest throws <see cref="SecretUnsupportedException"/>, or is empty.</summary>
    SecretCapabilities Capabilities { get; }

    /// <summary>
    /// Looks a secret up; the caller owns the copy it gets. A secret that is not there, and a place that cannot be asked, are answers:
    /// see <see cref="SecretProviderExtensions.GetAsync"/> for exceptions instead.
    /// </summary>
    ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds a secret or replaces it; the value is copied and stays the caller's. Throws <see cref="SecretUnsupportedException"/> where the place takes no secrets, or not this one,
    /// and <see cref="SecretUnavailableException"/> where it could not be written.
    /// </summary>
    ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default);

    /// <summary>The keys that are known, in their order; those that could not be asked for are an error in the answer.</summary>
    ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// What changes from the first <c>MoveNextAsync</c> on, until the token is cancelled or the provider is disposed. Every watcher is told everything; one that is slow gets the sum of
    /// what it missed. Ends at once where the place cannot be watched.
    /// </summary>
    IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default);
}
