using System.Collections.Concurrent;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Providers.Changes;

namespace Mill.Client.Providers;

/// <summary>
/// Secrets of a Mill vault. A secret that was asked for once is kept in memory, followed, and given from there; while the vault cannot be reached, the last good value is given with the error beside it.
/// </summary>
public sealed class VaultProvider : IRefreshableSecretProvider
{
    private const int LongestName = 255;

    private readonly VaultProviderOptions _options;
    private readonly VaultSession _session;
    private readonly VaultCache _cache = new();
    private readonly VaultFollower _follower;
    private readonly LastGood? _lastGood;
    private readonly ChangeFeed _feed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Lazy<Task>> _fetches = new(StringComparer.Ordinal);
    private readonly Lock _lock = new(); // what is fetched, what it replaces and the order of the events belong together
    private Task _following = Task.CompletedTask;
    private int _isDisposed;

    private VaultProvider(VaultProviderOptions options)
    {
        _options = options;
        _session = new(options);
        _follower = new(_session, options, FollowAsync, Resync);
        _lastGood = options.LastGoodFile is { } file ? new(file, options, _session, _cache) : null;
    }

    public string Name => _options.Name;

    public SecretCapabilities Capabilities => SecretCapabilities.Read | SecretCapabilities.Write | SecretCapabilities.List | SecretCapabilities.Watch | SecretCapabilities.Version;

    /// <summary>Why what is given may not be the latest; null while the vault is followed.</summary>
    public SecretProviderException? LastError => _follower.Error;

    /// <summary>Since when it is as <see cref="LastError"/> says; before the vault was reached, since what the file with the last good values held was the vault's.</summary>
    public DateTimeOffset Since => _follower.WasReached ? _follower.Since : LastGoodSaved ?? _follower.Since;

    /// <summary>Why the file with the last good values could not be written the last time; null where it could, and where there is none. It is tried again.</summary>
    public SecretProviderException? LastGoodError => _lastGood?.Error;

    /// <summary>When the values that the file with the last good ones held at the start were the vault's; null where it held none.</summary>
    public DateTimeOffset? LastGoodSaved => _lastGood?.Saved;

    /// <summary>
    /// Begins to follow the vault. Throws <see cref="SecretUnavailableException"/> where it does not do what <see cref="VaultProviderOptions.Start"/> demands in time, and
    /// <see cref="SecretConfigurationException"/> where it never will.
    /// </summary>
    public static async ValueTask<VaultProvider> OpenAsync(VaultProviderOptions options, CancellationToken cancellationToken = default)
    {
        if (options.Fault() is { } fault) throw new SecretConfigurationException(options.Name, fault);
        var provider = new VaultProvider(options);
        try
        {
            var hasLastGood = provider._lastGood?.Load() is true;
            provider._following = provider.RunAsync();
            await provider.StartAsync(hasLastGood, cancellationToken).ConfigureAwait(false);
            return provider;
        }
        catch
        {
            await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<SecretLookup>(cancellationToken);
        return Find(key, _follower.Error) is { } known ? new(known) : FetchAsync(key, cancellationToken);
    }

    /// <summary>How many secrets are kept in memory.</summary>
    public int CachedCount => _cache.Count;

    /// <summary>What is kept of it, without asking the vault: for code that must not wait. Null where nothing is, or where the vault has to be asked.</summary>
    public SecretLookup? FindCached(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        return Find(key, _follower.Error);
    }

    public async ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        try
        {
            await _session.DoAsync(client => client.SetAsync(NameOf(key), value, cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
        catch (MillException e) when (e is not SecretProviderException)
        {
            throw Refusal(key, e);
        }
        await ReadBackAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        try
        {
            await AskAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            throw Unavailable(e);
        }
    }

    public async ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        try
        {
            using var limit = new CancellationTokenSource(_options.ListTimeout, _options.Server.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            var names = await _session.DoAsync(client => ListAsync(client, either.Token)).ConfigureAwait(false);
            return SecretKeys.Of(names.Select(name => name[_options.Prefix.Length..]));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return KeptKeys(LastError ?? new SecretUnavailableException(Name, $"{Name} did not list its secrets in time.", e, MillError.Unreachable));
        }
        catch (MillException e)
        {
            return KeptKeys(Unavailable(e));
        }
    }

    /// <summary>The keys of what is kept, without asking anybody: for whoever cannot wait.</summary>
    /// <param name="reason">Why that has to do.</param>
    public SecretKeys KeptKeys(SecretProviderException reason) => SecretKeys.Of(_cache.Keys.Where(key => _cache.Find(key)?.Secret is not null), reason);

    public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => _feed.WatchAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) is 1) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_fetches.Values.Select(fetch => fetch.Value)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _feed.Close();
        _session.Dispose();
        lock (_lock) _cache.Clear();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var keeping = _lastGood?.RunAsync(_stop.Token) ?? Task.CompletedTask;
        await _follower.RunAsync(_stop.Token).ConfigureAwait(false);
        await keeping.ConfigureAwait(false);
    }

    private async Task StartAsync(bool hasLastGood, CancellationToken cancellationToken)
    {
        if (_options.Start is VaultStart.Optional) return;
        try
        {
            await _follower.Connected.WaitAsync(_options.StartTimeout, _options.Server.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or SecretProviderException)
        {
            // A vault that refuses has answered: what it said before is not for this token any more.
            if (_options.Start is VaultStart.LastGood && hasLastGood && e is not SecretConfigurationException) return;
            throw _follower.Error ?? new SecretUnavailableException(Name, $"{Name} did not answer within {_options.StartTimeout.TotalSeconds:0} s.", e, MillError.Unreachable);
        }
    }

    /// <summary>Null where it has to be asked for.</summary>
    private SecretLookup? Find(string key, SecretProviderException? error)
    {
        while (_cache.Find(key) is { } known)
        {
            if (known.IsDoubtful && error is null) return null;
            if (known.Secret is not { } stored) return error is null ? SecretLookup.NotFound(Name) : SecretLookup.Unavailable(error);
            // What was replaced between the two steps is not found any more, so this ends.
            if (stored.TryCopy() is { } copy) return error is null ? SecretLookup.Found(copy, Name, stored.Version) : SecretLookup.Stale(copy, Name, stored.Version, error);
        }
        return null;
    }

    private async ValueTask<SecretLookup> FetchAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // All who miss a secret wait for one question, which none of them takes along when it leaves.
                await _fetches.GetOrAdd(key, asked => new(() => FetchOnceAsync(asked))).Value.WaitAsync(cancellationToken).ConfigureAwait(false);
                // The vault has said it just now, whether it is followed yet or not.
                if (Find(key, error: null) is { } known) return known;
            }
        }
        catch (MillException e)
        {
            var error = Unavailable(e);
            return Find(key, error) ?? SecretLookup.Unavailable(error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(VaultProvider));
        }
    }

    private async Task FetchOnceAsync(string key)
    {
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
            await AskAsync(key, _stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _fetches.TryRemove(key, out var _);
        }
    }

    /// <summary>Whoever wrote a secret reads it, and not only once the vault has told of it.</summary>
    private async Task ReadBackAsync(string key, CancellationToken cancellationToken)
    {
        // A question that was sent before the write may bring what was there before it.
        if (_fetches.TryGetValue(key, out var fetch)) await fetch.Value.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_cache.Find(key) is null) return;
        try
        {
            await AskAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException)
        {
            // It is written all the same, and the watch will tell of it.
        }
    }

    /// <summary>Asks the vault, and takes its answer. Says whether watchers were told of a change.</summary>
    private async Task<bool> AskAsync(string key, CancellationToken cancellationToken)
    {
        var asked = _cache.Ask();
        var (value, version) = await _session.DoAsync(client => ReadAsync(client, key, cancellationToken)).ConfigureAwait(false);
        KeyChange? change = null;
        lock (_lock)
        {
            if (_isDisposed is 1) value?.Dispose();
            else change = _cache.Put(key, value, version, asked);
            if (change is { } told) _feed.Publish([told]);
        }
        _lastGood?.Changed();
        return change is not null;
    }

    private async Task<(SecretValue? Value, int Version)> ReadAsync(MillClient client, string key, CancellationToken cancellationToken)
    {
        try
        {
            var name = NameOf(key);
            using var answer = await client.GetAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
            // Something between the two has mixed up the answers: better none than that of another secret.
            if (answer.Name != name) throw new MillException(MillError.Internal, "The answer is that of another secret than the one that was asked for.");
            return ((answer.Value ?? answer.ValueBase64)!.Reveal(SecretValue.FromBytes), answer.Version);
        }
        catch (MillException e) when (e.Error is MillError.NotFound or MillError.InvalidName)
        {
            return (null, 0);
        }
    }

    /// <summary>Throws <see cref="MillError.InvalidName"/> for what would not get as far as the vault, which judges the others: servers stop such addresses on the way.</summary>
    private string NameOf(string key) => _options.Prefix.Length + key.Length <= LongestName && !key.Any(char.IsControl)
        ? _options.Prefix + key
        : throw new MillException(MillError.InvalidName, "This is not a valid name for a secret.");

    private async Task<List<string>> ListAsync(MillClient client, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var item in client.ListAllAsync(_options.Prefix, cancellationToken).ConfigureAwait(false)) names.Add(item.Name);
        return names;
    }

    /// <summary>Of a secret that nobody has asked for, the vault's word is passed on; of the others, what it comes to.</summary>
    private async Task FollowAsync(string name, SecretChangeKind kind, int version, CancellationToken cancellationToken)
    {
        var key = name[_options.Prefix.Length..];
        // What is being asked for the first time may be answered with what was there before. In this order: a fetch that has ended has left what it found.
        var isWanted = _fetches.ContainsKey(key) || _cache.Find(key) is not null;
        if (isWanted && await TryRefreshAsync(key, cancellationToken).ConfigureAwait(false)) return;
        // Somebody may have asked for it the first time when the change had been made, but not been told of yet.
        if (_cache.Find(key) is { } known && isWanted && !known.IsFirst(kind, version)) return;
        _feed.Publish([new(key, kind)]);
    }

    /// <summary>After a time without the vault's word everything that is kept is asked for again.</summary>
    private VaultResync Resync() => new(_fetches.Keys.Union(_cache.Keys), TryRefreshAsync);

    /// <summary>One secret that the vault refuses or cannot open does not make the others doubtful. Throws where the vault cannot be asked.</summary>
    private async Task<bool> TryRefreshAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (!e.IsTransient && e.Error is not MillError.Unauthenticated && e is not SecretProviderException)
        {
            _cache.Doubt(key);
            return false;
        }
    }

    /// <summary>
    /// No vault has a secret under some names, so that is no business of this one, and a chain asks the links below. Any other refusal is the vault's word on this secret: it must not end in a plain file instead.
    /// </summary>
    private SecretProviderException Refusal(string key, MillException e) => e.Error switch
    {
        MillError.InvalidName => new SecretUnsupportedException(Name, $"{Name} does not take \"{key}\": {e.Message}") { Hint = e.Hint },
        MillError.Forbidden or MillError.NotFound or MillError.TooLarge or MillError.InvalidRequest or MillError.InvalidValue =>
            new SecretConfigurationException(Name, $"{Name} does not take \"{key}\": {e.Message} Nothing was written anywhere.", e) { Hint = e.Hint },
        _ => Unavailable(e),
    };

    private SecretProviderException Unavailable(MillException e) => e as SecretProviderException ?? VaultFollower.ErrorOf(Name, e);
}
