using Mill.Secrets.Providers.Changes;
using Mill.Secrets.Providers.Files;

namespace Mill.Secrets.Providers;

/// <summary>
/// Secrets in a file, or in one file each. Everything is in memory: a lookup touches no file. When the file changes, all of it is exchanged at once; a file that cannot be read leaves what was
/// there, and <see cref="LastError"/> says so.
/// </summary>
public sealed class FileProvider : IRefreshableSecretProvider
{
    private readonly FileProviderOptions _options;
    private readonly ISecretFiles _files;
    private readonly FileFollower _follower;
    private readonly ChangeFeed _feed = new();
    private readonly SemaphoreSlim _gate = new(1); // one load or write at a time
    private readonly CancellationTokenSource _stop = new();
    private volatile SecretTable _table = SecretTable.Empty;
    private volatile SecretProviderException? _lastError;
    private string? _reported;
    private Task _following = Task.CompletedTask;
    private int _isDisposed;

    private FileProvider(FileProviderOptions options)
    {
        _options = options;
        _files = SecretFiles.Of(options);
        _follower = new(_files, options, TryReloadAsync);
    }

    public string Name => _options.Name;

    public SecretCapabilities Capabilities =>
        SecretCapabilities.Read | SecretCapabilities.List | SecretCapabilities.Watch | (_options.Writable ? SecretCapabilities.Write : SecretCapabilities.None);

    /// <summary>Why the file could not be read the last time; null where it could. What is served is what it held before.</summary>
    public SecretProviderException? LastError => _lastError;

    /// <summary>Reads the file and begins to follow it. Throws <see cref="SecretConfigurationException"/> or <see cref="SecretUnavailableException"/> where it cannot be read.</summary>
    public static async ValueTask<FileProvider> OpenAsync(FileProviderOptions options, CancellationToken cancellationToken = default)
    {
        var provider = new FileProvider(options);
        try
        {
            var look = await provider.LoadAsync(cancellationToken).ConfigureAwait(false);
            provider._following = provider._follower.RunAsync(look, provider._stop.Token);
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
        // What was replaced between the two steps is in no table that can be found any more, so this ends.
        while (_table.Find(key) is { } stored)
        {
            if (stored.TryCopy() is { } copy) return new(SecretLookup.Found(copy, Name));
        }
        return new(SecretLookup.NotFound(Name));
    }

    public async ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        if (!_options.Writable) throw new SecretUnsupportedException(Name, $"{Name} is read only: \"{key}\" was not set.") { Hint = "Open it as writable." };
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
            using var _ = await FileLock.TakeAsync(_files.Origin, _files.FindLock, _options.Time, cancellationToken).ConfigureAwait(false);
            await _files.WriteAsync(key, value, cancellationToken).ConfigureAwait(false);
            await LoadGatedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
        Report(null);
    }

    /// <summary>Reads all of the file.</summary>
    public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        Report(null);
    }

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<SecretKeys>(cancellationToken) : new(SecretKeys.Of(_table.Keys, _lastError));
    }

    /// <summary>Tells of values that differ, not of files that were written.</summary>
    public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => _feed.WatchAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) is 1) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _gate.WaitAsync().ConfigureAwait(false); // somebody may be writing
        _feed.Close();
        Interlocked.Exchange(ref _table, SecretTable.Empty).Clear();
        _gate.Release();
        _stop.Dispose();
    }

    private async ValueTask<bool> TryReloadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            Report(null);
            return true;
        }
        catch (SecretProviderException e)
        {
            Report(e);
            return false;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, the file is looked at again. Not passed on: nobody knows what its words quote.
            Report(new SecretUnavailableException(Name, $"{_files.Origin.Path} cannot be followed: {e.GetType().Name}.", null, MillError.Internal));
            return false;
        }
    }

    private async ValueTask<string> LoadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await LoadGatedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<string> LoadGatedAsync(CancellationToken cancellationToken)
    {
        var (read, look) = await SecretFiles.ReadStillAsync(_files, cancellationToken).ConfigureAwait(false);
        using (read)
        {
            var (next, changes, gone) = _table.Next(read);
            (_table, _lastError) = (next, null);
            _feed.Publish(changes);
            foreach (var stored in gone) stored.Clear();
        }
        return look;
    }

    /// <summary>Call it without the gate: what is told of it may set a secret.</summary>
    private void Report(SecretProviderException? error)
    {
        _lastError = error;
        if (Interlocked.Exchange(ref _reported, error?.Message) == error?.Message) return;
        try
        {
            _options.ErrorChanged?.Invoke(error);
        }
        catch (Exception)
        {
            // It must not throw. Where it does, the file is followed, and a secret is set, all the same.
        }
    }
}
