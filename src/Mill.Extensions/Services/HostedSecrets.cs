using System.Runtime.CompilerServices;
using Mill.Client.Providers;
using Mill.Extensions.Telemetry;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Services;

/// <summary>
/// A provider that is opened in the background, at first use or at the start of the program, as often as it takes; counts what is asked of it. Services are made without waiting, and opening a provider is
/// waiting: so this stands in for it.
/// </summary>
internal sealed class HostedSecrets : IRefreshableSecretProvider, IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly MillSecretsOptions _options;
    private readonly Func<CancellationToken, ValueTask<ISecretProvider>> _open;
    private readonly Lazy<Task> _opening;
    private readonly TaskCompletionSource _attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ISecretProvider> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private volatile ISecretProvider? _inner;
    private volatile ISecretProvider? _given; // what others get of it: with masks where there are any
    private volatile SecretProviderException? _error;
    private Task _counting = Task.CompletedTask;
    private int _isDisposed;

    public HostedSecrets(MillSecretsOptions options)
    {
        (_options, _open) = (options, SecretOpening.Of(options));
        // On its own: who asks first may have a context that only runs one thing at a time.
        _opening = new(() => Task.Run(OpenAsync));
        Freshness = new(options.Name, options.Time, () => _inner is VaultProvider { LastError: not null } vault ? vault.Since : null);
        SecretMeters.Add(this);
    }

    public string Name => _options.Name;

    /// <summary>While nobody knows: what most can do. What the provider behind it cannot do then, it says itself.</summary>
    public SecretCapabilities Capabilities => _inner?.Capabilities ?? SecretCapabilities.Read | SecretCapabilities.Write | SecretCapabilities.List | SecretCapabilities.Watch;

    /// <summary>When the place behind it last said everything that it was asked.</summary>
    public Freshness Freshness { get; }

    /// <summary>How many secrets of vaults are kept in memory.</summary>
    public int CachedCount => PlaceState.Of(_inner).Sum(state => state.Cached);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Begin();
        return Starting.RunAsync(_options, async token =>
        {
            var (keys, error) = await AskAsync(token).WaitAsync(token).ConfigureAwait(false); // a provider may not care about its token
            return new(error, keys.Count > 0);
        }, cancellationToken);
    }

    public void Begin() => _ = _opening.Value;

    /// <summary>The keys that are at hand, and why they may not be the latest; null where they are.</summary>
    public async Task<(IReadOnlyList<string> Keys, SecretProviderException? Error)> AskAsync(CancellationToken cancellationToken)
    {
        var keys = await KeysAsync(cancellationToken).ConfigureAwait(false);
        var error = keys.Errors is [var first, ..] ? first : Trouble;
        Freshness.Tell(error);
        return (keys.Keys, error);
    }

    public async ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        using var activity = SecretMeters.Start("mill.secrets.get", Name);
        var inner = await FindAsync(cancellationToken).ConfigureAwait(false);
        if (inner is null)
        {
            var unavailable = SecretLookup.Unavailable(_error!);
            activity.End(SecretMeters.Count(Name, unavailable, isAtHand: false, TimeSpan.Zero), _error);
            return unavailable;
        }
        var begin = _options.Time.GetTimestamp();
        var asked = _given!.TryGetAsync(key, cancellationToken);
        var isAtHand = asked.IsCompleted; // what a place is asked for has to be waited for
        var lookup = await asked.ConfigureAwait(false);
        activity.End(SecretMeters.Count(Name, lookup, isAtHand, _options.Time.GetElapsedTime(begin)), lookup.Error);
        Judge(inner, lookup);
        return lookup;
    }

    public async ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        using var activity = SecretMeters.Start("mill.secrets.set", Name);
        try
        {
            var inner = await RequireAsync(cancellationToken).ConfigureAwait(false);
            await SecretMeters.MeasureAsync(Name, "set", _options.Time, () => inner.SetAsync(key, value, cancellationToken)).ConfigureAwait(false);
            activity.End("done");
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
    }

    public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default)
    {
        using var activity = SecretMeters.Start("mill.secrets.refresh", Name);
        try
        {
            var inner = await RequireAsync(cancellationToken).ConfigureAwait(false);
            await SecretMeters.MeasureAsync(Name, "refresh", _options.Time, () => inner.RefreshAsync(key, cancellationToken)).ConfigureAwait(false);
            activity.End("done");
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
    }

    public async ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        using var activity = SecretMeters.Start("mill.secrets.keys", Name);
        var begin = _options.Time.GetTimestamp();
        var keys = await ListAsync(cancellationToken).ConfigureAwait(false);
        var outcome = keys.IsComplete ? "done" : "failed";
        SecretMeters.Took(Name, "keys", outcome, _options.Time.GetElapsedTime(begin));
        activity.End(outcome, keys.Errors is [var first, ..] ? first : null);
        foreach (var error in keys.Errors) SecretMeters.Fail(Name, error);
        return keys;
    }

    /// <summary>Whoever began to watch before there was anything is told of what was there first as added.</summary>
    public async IAsyncEnumerable<SecretChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_isDisposed is 1) yield break;
        Begin();
        var isEarly = _inner is null;
        if (await OpenedAsync(cancellationToken).ConfigureAwait(false) is not { } inner) yield break;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changes = inner.WatchAsync(end.Token).GetAsyncEnumerator(end.Token);
        var next = changes.MoveNextAsync().AsTask(); // the watch has begun: then the keys
        try
        {
            if (isEarly && await inner.KeysAsync(cancellationToken).ConfigureAwait(false) is { Keys: { Count: > 0 } keys }) yield return new(SecretChangeKind.Added, keys);
            while (await next.ConfigureAwait(false))
            {
                yield return changes.Current;
                next = changes.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // What is still being waited for cannot be disposed.
            await end.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await changes.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) is 1) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_opening.IsValueCreated) await _opening.Value.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _opened.TrySetCanceled(CancellationToken.None);
        Freshness.Dispose();
        SecretMeters.Remove(this);
        await _counting.ConfigureAwait(false);
        if (_inner is { } inner && inner != _options.Provider) await inner.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    // A container that is disposed the old way refuses what can only be disposed the new one.
    public void Dispose() => Task.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    public override string ToString() => Name;

    /// <summary>What places that follow their secrets by themselves say of them; null where all are well, and where there is no such place.</summary>
    private SecretProviderException? Trouble => PlaceState.Of(_inner).Select(state => state.Error).FirstOrDefault(error => error is not null);

    private void Judge(ISecretProvider inner, SecretLookup lookup)
    {
        if (inner is not VaultProvider { LastError: not null }) Freshness.Tell(lookup, inner.Name, [.. PlaceState.Of(inner)]); // a vault says by itself since when
    }

    private async Task OpenAsync()
    {
        try
        {
            var waiting = new Waiting(FirstWait, LongestWait, _options.Time);
            while (!_stop.IsCancellationRequested && !await TryOpenAsync().ConfigureAwait(false))
            {
                _attempted.TrySetResult();
                await waiting.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _attempted.TrySetResult(); // whatever happens: others wait for it
        }
    }

    private async Task<bool> TryOpenAsync()
    {
        using var activity = SecretMeters.Start("mill.secrets.open", Name);
        try
        {
            var inner = await _open(_stop.Token).ConfigureAwait(false);
            _given = _options.Masks is { } masks ? new RedactedProvider(inner, masks) : inner;
            _inner = inner;
            Freshness.Begin();
            _counting = CountRotationsAsync(inner);
            activity.End("done");
            _opened.TrySetResult(_given);
            return true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            // Not what nobody here knows, nor its text: it may quote anything, and whoever prints this one prints what is in it.
            _error = e as SecretProviderException ?? new SecretUnavailableException(Name, $"{Name} cannot be opened: {e.GetType().Name}.", null, MillError.Internal);
            activity.Fail(_error);
            SecretMeters.Fail(Name, _error);
            Freshness.Tell(_error);
            return false;
        }
    }

    /// <summary>Counts, whoever else watches. Never throws: what a provider does wrong here, those who watch it are told.</summary>
    private async Task CountRotationsAsync(ISecretProvider inner)
    {
        try
        {
            var changes = inner.WatchAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
            // A provider that does not care about its token must not keep this one from its end.
            while (await changes.MoveNextAsync().AsTask().WaitAsync(_stop.Token).ConfigureAwait(false))
            {
                if (changes.Current.Kind is SecretChangeKind.Rotated) SecretMeters.Rotated(Name, changes.Current.Keys.Count);
            }
            await changes.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // As it says.
        }
    }

    /// <summary>Null where it could not be opened so far.</summary>
    private async ValueTask<ISecretProvider?> FindAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed is 1, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_inner is { } inner) return inner;
        Begin();
        await _attempted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        // Without an error there is nothing to come any more.
        ObjectDisposedException.ThrowIf(_inner is null && _error is null, this);
        return _inner;
    }

    private async ValueTask<SecretKeys> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(cancellationToken).ConfigureAwait(false) switch
            {
                null => new([], [_error!]),
                VaultProvider vault => await ListAsync(vault, cancellationToken).ConfigureAwait(false),
                var inner => await inner.KeysAsync(cancellationToken).ConfigureAwait(false),
            };
        }
        catch (SecretProviderException e)
        {
            return new([], [e]);
        }
    }

    /// <summary>A vault that takes its time has half of what a start has; then what is kept must do.</summary>
    private async ValueTask<SecretKeys> ListAsync(VaultProvider vault, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.StartTimeout / 2, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await vault.KeysAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return vault.KeptKeys(vault.LastError ?? new SecretUnavailableException(Name, $"{Name} did not list its secrets in time.", e, MillError.Unreachable));
        }
    }

    private async ValueTask<ISecretProvider> RequireAsync(CancellationToken cancellationToken) => await FindAsync(cancellationToken).ConfigureAwait(false) is null ? throw _error! : _given!;

    private async Task<ISecretProvider?> OpenedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _opened.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // it was disposed first
        }
    }
}
