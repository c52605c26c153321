using System.Runtime.CompilerServices;
using Mill.Secrets.Providers.Chain;

namespace Mill.Secrets.Providers;

/// <summary>
/// Several providers as one: the first that has a secret answers for it. Says which one that was, writes only where the write can be read again, and tells only of changes that
/// show. It owns its links, and disposes them.
/// </summary>
public sealed class ChainedProvider : IRefreshableSecretProvider
{
    private readonly Link[] _links;
    private readonly CancellationTokenSource _stop = new(); // never disposed: a watch may still begin, and must end at once
    private int _isDisposed;

    /// <param name="links">The first counts most. Throws <see cref="SecretConfigurationException"/> where there is none.</param>
    public ChainedProvider(IReadOnlyList<ChainLink> links, string name = "chain")
    {
        if (links.Count == 0) throw new SecretConfigurationException(name, "No providers configured.");
        (Name, _links) = (name, [.. links.Select(link => new Link(link))]);
        Capabilities = links.Aggregate(SecretCapabilities.None, (all, link) => all | link.Provider.Capabilities);
        if (!links.All(link => link.Provider.Capabilities.HasFlag(SecretCapabilities.Version))) Capabilities &= ~SecretCapabilities.Version;
    }

    public string Name { get; }

    public SecretCapabilities Capabilities { get; }

    /// <summary>What it asks, in its order.</summary>
    internal IEnumerable<ISecretProvider> Providers => _links.Select(link => link.Provider);

    internal bool TellsAll => _links.All(link => link.TellsAll);

    public async ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        SecretLookup? skipped = null;
        foreach (var link in _links)
        {
            var lookup = await link.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
            if (lookup.IsFound || (lookup.Status is SecretLookupStatus.Unavailable && link.OnError is not OnLinkError.Continue)) return lookup;
            if (lookup.Status is SecretLookupStatus.Unavailable) skipped ??= lookup;
        }
        return skipped ?? SecretLookup.NotFound(Name);
    }

    /// <summary>
    /// Writes to the first link that takes it. Throws <see cref="SecretUnsupportedException"/> where none does, or where a link above it has the secret too: readers would go on to get that one.
    /// </summary>
    public async ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        foreach (var link in _links)
        {
            if (await link.TrySetAsync(key, value, cancellationToken).ConfigureAwait(false)) return;
            await RequireUnshadowedAsync(link, key, cancellationToken).ConfigureAwait(false);
        }
        throw new SecretUnsupportedException(Name, $"No provider of {Name} takes the secret \"{key}\".") { Hint = "Add one that can be written, such as a file opened as writable." };
    }

    /// <summary>Has every link look that can.</summary>
    public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        foreach (var link in _links) await link.RefreshAsync(key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The keys of all links, and the errors of those that could not say theirs.</summary>
    public async ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        var answers = new List<SecretKeys>();
        foreach (var link in _links) answers.Add(await link.KeysAsync(cancellationToken).ConfigureAwait(false));
        return SecretKeys.Of(answers.SelectMany(answer => answer.Keys), answers.SelectMany(answer => answer.Errors));
    }

    /// <summary>
    /// What changes in the effect of all links together: nothing where a link above hides it, a rotation where a secret goes and the link below has it too. Throws what the watch of a link throws
    /// that fails fast; does without the others.
    /// </summary>
    public async IAsyncEnumerable<SecretChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var watch = new ChainWatch(_links);
        await foreach (var change in watch.RunAsync(_stop.Token, cancellationToken).ConfigureAwait(false)) yield return change;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) is 1) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var link in _links) await link.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask RequireUnshadowedAsync(Link link, string key, CancellationToken cancellationToken)
    {
        var lookup = await link.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
        lookup.Value?.Dispose();
        if (lookup.Status is SecretLookupStatus.Unavailable && link.OnError is not OnLinkError.Continue) throw lookup.Error!;
        if (!lookup.IsFound) return;
        throw new SecretUnsupportedException(Name, $"{link.Provider.Name} has the secret \"{key}\" and takes no other value; one set below it would not be read. Nothing was changed.")
        {
            Hint = $"Remove it from {link.Provider.Name}, or change it there.",
        };
    }
}
