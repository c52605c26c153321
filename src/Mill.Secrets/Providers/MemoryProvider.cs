using System.Collections.Concurrent;
using Mill.Secrets.Providers.Changes;

namespace Mill.Secrets.Providers;

/// <summary>Secrets that live as long as the process does: for tests, and for what a program was told at its start.</summary>
public sealed class MemoryProvider : ISecretProvider
{
    private readonly ConcurrentDictionary<string, StoredSecret> _secrets = new(StringComparer.Ordinal);
    private readonly ChangeFeed _feed = new();
    private readonly Lock _writing = new(); // whether a secret is new, its version and the order of the events are decided together
    private volatile bool _isDisposed;
    private int _version;

    /// <param name="seed">Secrets to begin with. They are copied.</param>
    public MemoryProvider(string name = "memory", params IEnumerable<KeyValuePair<string, SecretValue>> seed)
    {
        Name = name;
        foreach (var (key, value) in seed) Set(key, value);
    }

    public string Name { get; }

    public SecretCapabilities Capabilities => SecretCapabilities.Read | SecretCapabilities.Write | SecretCapabilities.List | SecretCapabilities.Watch | SecretCapabilities.Version;

    public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<SecretLookup>(cancellationToken);
        // What was replaced between the two steps is gone from the map, so this ends.
        while (_secrets.TryGetValue(key, out var stored))
        {
            if (stored.TryCopy() is { } copy) return new(SecretLookup.Found(copy, Name, stored.Version));
        }
        return new(SecretLookup.NotFound(Name));
    }

    public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        Set(key, value);
        return ValueTask.CompletedTask;
    }

    /// <summary>True where the secret was there.</summary>
    public bool Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        lock (_writing)
        {
            if (!_secrets.TryRemove(key, out var removed)) return false;
            _feed.Publish([new(key, SecretChangeKind.Removed)]);
            removed.Clear();
            return true;
        }
    }

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<SecretKeys>(cancellationToken) : new(SecretKeys.Of(_secrets.Keys));
    }

    public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => _feed.WatchAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        lock (_writing)
        {
            _isDisposed = true;
            foreach (var key in _secrets.Keys)
            {
                if (_secrets.TryRemove(key, out var removed)) removed.Clear();
            }
        }
        _feed.Close();
        return ValueTask.CompletedTask;
    }

    private void Set(string key, SecretValue value)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var stored = new StoredSecret(value.Reveal(SecretValue.FromBytes), ++_version);
            var replaced = _secrets.GetValueOrDefault(key);
            _secrets[key] = stored;
            _feed.Publish([new(key, replaced is null ? SecretChangeKind.Added : SecretChangeKind.Rotated)]);
            replaced?.Clear();
        }
    }
}
