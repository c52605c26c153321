using Mill.Client.Watching;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Client.Providers;

/// <summary>Follows the vault's changes for as long as the provider lives, whatever happens to the vault, and knows whether what is kept is the latest.</summary>
/// <param name="follow">Told of each change, in their order.</param>
/// <param name="resync">Begins to ask for everything again.</param>
internal sealed class VaultFollower(VaultSession session, VaultProviderOptions options, Func<string, SecretChangeKind, int, CancellationToken, Task> follow, Func<VaultResync> resync)
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Backoff _backoff = new(options.Server.Time);
    private readonly Lock _lock = new();
    private volatile SecretProviderException? _error = new SecretUnavailableException(options.Name, $"{options.Name} was not reached yet.", null, MillError.Unreachable);
    private long _since = options.Server.Time.GetUtcNow().UtcTicks;
    private string? _lastEvent; // that was taken to its end
    private volatile bool _wasReached;
    private int _connection; // which one it is; what was asked for over an earlier one says nothing of this one

    /// <summary>Null while what is kept is the latest.</summary>
    public SecretProviderException? Error => _error;

    public DateTimeOffset Since => new(Interlocked.Read(ref _since), TimeSpan.Zero);

    /// <summary>Whether everything that is kept was the vault's latest at some time.</summary>
    public bool WasReached => _wasReached;

    /// <summary>Once the vault was reached. Fails with <see cref="SecretProviderException"/> where it refuses.</summary>
    public Task Connected => _connected.Task;

    public static SecretProviderException ErrorOf(string name, MillException e) => e.Error is MillError.Unauthenticated or MillError.Forbidden or MillError.InvalidRequest
        ? new SecretConfigurationException(name, $"{name} refuses: {e.Message}", e) { Hint = e.Hint }
        : new SecretUnavailableException(name, $"{name} cannot be asked: {e.Message}", e, e.Error) { Hint = e.Hint };

    /// <summary>Ends with its token only.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var client = session.Client;
            try
            {
                await WatchAsync(client, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (MillException e)
            {
                if (e.Error is MillError.Unauthenticated && session.TryRenew(client)) continue;
                Fail(ErrorOf(options.Name, e));
            }
            catch (Exception e)
            {
                // Nobody awaits this before the end: whatever it is, what is kept must not pass for the latest from here on.
                Fail(new SecretUnavailableException(options.Name, $"{options.Name} cannot be followed.", e, MillError.Internal));
            }
            await _backoff.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(MillClient client, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var syncing = Task.CompletedTask;
        try
        {
            await foreach (var change in client.WatchAsync(options.Prefix.Length > 0 ? options.Prefix : null, _lastEvent, connection: state => syncing = Connect(state, syncing, end.Token), cancellationToken: end.Token).ConfigureAwait(false))
            {
                if (change.Kind is SecretEventKind.Reset) await resync().RunAsync(end.Token).ConfigureAwait(false);
                else await follow(change.Name, KindOf(change.Kind), change.Version, end.Token).ConfigureAwait(false);
                _lastEvent = change.Id;
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await syncing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task Connect(WatchState state, Task before, CancellationToken cancellationToken)
    {
        int connection;
        lock (_lock) connection = ++_connection;
        if (state is WatchState.Connected) return SyncAsync(connection, before, cancellationToken);
        Fail(new SecretUnavailableException(options.Name, $"The connection to {options.Name} was lost.", null, MillError.Unreachable));
        return before;
    }

    /// <summary>What changed before the stream began is not told by it: only after one look at everything nothing can be missing.</summary>
    private async Task SyncAsync(int connection, Task before, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var all = resync();
        while (!cancellationToken.IsCancellationRequested && IsLatest(connection))
        {
            try
            {
                await all.RunAsync(cancellationToken).ConfigureAwait(false);
                Succeed(connection);
                return;
            }
            catch (MillException e)
            {
                Fail(ErrorOf(options.Name, e));
            }
            await _backoff.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsLatest(int connection)
    {
        lock (_lock) return connection == _connection;
    }

    private void Succeed(int connection)
    {
        lock (_lock)
        {
            if (connection != _connection) return;
            if (_error is not null) Interlocked.Exchange(ref _since, options.Server.Time.GetUtcNow().UtcTicks);
            _error = null;
            _wasReached = true;
        }
        _backoff.Reset();
        _connected.TrySetResult();
    }

    private void Fail(SecretProviderException error)
    {
        lock (_lock)
        {
            if (_error is null) Interlocked.Exchange(ref _since, options.Server.Time.GetUtcNow().UtcTicks);
            _error = error;
        }
        // A refusal does not pass by waiting.
        if (error is SecretConfigurationException && _connected.TrySetException(error)) _ = _connected.Task.Exception; // nobody may be waiting
    }

    private static SecretChangeKind KindOf(SecretEventKind kind) => kind switch
    {
        SecretEventKind.Added => SecretChangeKind.Added,
        SecretEventKind.Removed => SecretChangeKind.Removed,
        _ => SecretChangeKind.Rotated,
    };
}
