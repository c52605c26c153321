using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Services;
using Mill.Extensions.Telemetry;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Configuration;

/// <summary>
/// Settings that are secrets. All of them are exchanged at once, and whoever waits for changes is told only where one has another value than before. Whatever happens to the place they come from after the
/// start, what was read stays.
/// </summary>
public sealed class MillConfigurationProvider : ConfigurationProvider, IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDispose = TimeSpan.FromSeconds(10);

    private readonly MillConfigurationOptions _options;
    private readonly HostedSecrets _secrets;
    private readonly bool _isShared;
    private readonly SettingNames _names;
    private readonly ConfigurationErrors _errors;
    private readonly ChangeBell _bell = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _gate = new(1); // one reading at a time
    private readonly Lock _lock = new(); // what is read and what was set by hand belong together
    private readonly Dictionary<string, string?> _byHand = new(StringComparer.OrdinalIgnoreCase);
    private SecretReading _reading = SecretReading.Nothing;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private readonly Telling _telling = new();
    private bool _isLoaded;
    private int _isDisposed;

    internal MillConfigurationProvider(MillConfigurationOptions options, HostedSecrets secrets, bool isShared)
    {
        (_options, _secrets, _isShared, _names, _errors) = (options, secrets, isShared, new(options), new(options, _telling));
        Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>How the options call the place.</summary>
    public string Name => _options.Name;

    /// <summary>Why settings may not be the latest; null while they are.</summary>
    public SecretProviderException? LastError => _errors.Current;

    /// <summary>When everything was last read as it was then; null for never.</summary>
    public DateTimeOffset? LastAnswer => _secrets.Freshness.Answered;

    internal int Count => Data.Count;

    internal TimeSpan Age => _secrets.Freshness.Age;

    /// <summary>Waits for the start, the first time; later reads everything again. Throws <see cref="SecretProviderException"/> where what the start demands is not there in time.</summary>
    public override void Load()
    {
        // All the work is done elsewhere: whatever context this thread has, nothing of it is needed.
        if (_isLoaded) Task.Run(() => ReloadAsync(null, tells: false)).GetAwaiter().GetResult(); // whoever loads tells of it
        else WaitForStart();
        _isLoaded = true;
    }

    /// <summary>A value set by hand goes before the secret, for as long as this provider lives.</summary>
    public override void Set(string key, string? value)
    {
        lock (_lock)
        {
            _byHand[key] = value;
            // Others may be reading this moment.
            Data = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase) { [key] = value };
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) is 1) return;
        _stop.Cancel();
        var closing = Task.Run(CloseAsync);
        // Whoever disposes from within a change callback is what is waited for: then it closes once that has returned.
        if (!_telling.IsHere) closing.Wait(LongestDispose);
    }

    public override string ToString() => $"Mill ({Name})";

    internal void Begin() => _running = Task.Run(RunAsync);

    /// <summary>For what is logged from now on, and what is wrong already.</summary>
    internal void LogTo(ILogger logger) => _errors.LogTo(logger);

    private void WaitForStart()
    {
        try
        {
            _started.Task.GetAwaiter().GetResult();
        }
        catch
        {
            // Nobody disposes what could not be made.
            Dispose();
            throw;
        }
    }

    private async Task RunAsync()
    {
        var watching = WatchAsync(); // before the first reading: nothing can go past both
        if (await TryStartAsync().ConfigureAwait(false)) await FollowAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(false);
    }

    private async Task<bool> TryStartAsync()
    {
        try
        {
            await Starting.RunAsync(_options, async token =>
            {
                await ReadAsync(null, token).ConfigureAwait(false);
                return new(_errors.Current, _reading.Secrets.Count > 0);
            }, _stop.Token).ConfigureAwait(false);
            _started.TrySetResult();
            _errors.Speak();
            return true;
        }
        catch (Exception e)
        {
            _started.TrySetException(e);
            _ = _started.Task.Exception; // nobody may be waiting
            return false;
        }
    }

    private async Task FollowAsync()
    {
        var waiting = new Waiting(FirstWait, _options.RefreshInterval, _options.Time);
        while (!_stop.IsCancellationRequested)
        {
            if (_errors.Current is null) waiting.Reset();
            await WaitAsync(_errors.Current is null ? _options.RefreshInterval : waiting.Next()).ConfigureAwait(false);
            if (!_stop.IsCancellationRequested) await TryReloadAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Nobody awaits this before the end. What was to be read again is still to be read.</summary>
    private async Task TryReloadAsync()
    {
        try
        {
            await ReloadAsync(_bell.Take(), tells: true).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            _bell.RingForAll();
            _errors.CallbackFailed(e);
        }
    }

    /// <summary>Until something has changed and had time to settle, or the time has come to look at everything.</summary>
    private async Task WaitAsync(TimeSpan atMost)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var bell = _bell.WaitAsync(end.Token);
        if (await Task.WhenAny(bell, Task.Delay(atMost, _options.Time, end.Token)).ConfigureAwait(false) == bell) await Task.Delay(_options.SettleTime, _options.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else _bell.RingForAll();
        await end.CancelAsync().ConfigureAwait(false);
        await bell.ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in _secrets.WatchAsync(_stop.Token).ConfigureAwait(false)) _bell.Ring(change.Keys.Where(key => _names.Of(key) is not null || _options.Keys.Contains(key)));
                if (!_secrets.Capabilities.HasFlag(SecretCapabilities.Watch)) return;
            }
            catch (Exception) when (!_stop.IsCancellationRequested)
            {
                // Reading says what is wrong. Until there is a watch again, it is all there is.
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(_options.RefreshInterval, _options.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _bell.RingForAll();
        }
    }

    /// <param name="keys">Null for everything.</param>
    private async Task ReloadAsync(IReadOnlyCollection<string>? keys, bool tells)
    {
        using var activity = SecretMeters.Start("mill.secrets.reload", Name);
        using var limit = new CancellationTokenSource(_options.StartTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        // After something went wrong nobody knows what else was missed.
        var isChanged = await ReadAsync(_errors.Current is null ? keys : null, either.Token).ConfigureAwait(false);
        if (isChanged && tells) Tell(); // before all else: a change is seen once
        if (_errors.Current is { } error) activity.Fail(error);
        else activity.End(isChanged ? "changed" : "unchanged");
        SecretMeters.Refreshed(Name, _errors.Current is null ? isChanged : null);
    }

    /// <summary>Never throws: what goes wrong is told, and what was read stays. Says whether a setting has another value by it.</summary>
    private async Task<bool> ReadAsync(IReadOnlyCollection<string>? keys, CancellationToken cancellationToken)
    {
        var isMine = false;
        try
        {
            await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            isMine = true;
            var before = _reading;
            var reading = keys is null
                ? await before.ReadAllAsync(_secrets, _options, _names, cancellationToken).ConfigureAwait(false)
                : await before.ReadAsync(_secrets, keys, null, cancellationToken).ConfigureAwait(false);
            if (_stop.IsCancellationRequested) return false;
            _reading = reading;
            _secrets.Freshness.Tell(_reading.Error);
            _errors.Tell(_reading.Error);
            return Take(_reading);
        }
        catch (Exception e)
        {
            if (_stop.IsCancellationRequested) return false;
            var error = ErrorOf(e);
            _secrets.Freshness.Tell(error);
            _errors.Tell(error);
            return false;
        }
        finally
        {
            if (isMine) _gate.Release();
        }
    }

    /// <summary>Not the text of what nobody here knows: it may quote anything.</summary>
    private SecretUnavailableException ErrorOf(Exception e) => e is OperationCanceledException
        ? new(Name, $"{Name} did not answer in time.", e, MillError.Unreachable)
        : new(Name, $"{Name} cannot be read: {e.GetType().Name}.", null, MillError.Internal); // what is in it may quote anything

    private bool Take(SecretReading reading)
    {
        lock (_lock)
        {
            var next = _names.Map(reading.Secrets);
            foreach (var (key, value) in _byHand) next[key] = value;
            if (next.Count == Data.Count && next.All(setting => Data.TryGetValue(setting.Key, out var value) && value == setting.Value)) return false;
            Data = next; // whoever reads has the old ones or the new ones, all of them
            return true;
        }
    }

    private void Tell()
    {
        try
        {
            _telling.Tell(OnReload);
        }
        catch (Exception e)
        {
            // It is what others do upon a change that failed: that is no reason to follow no more changes.
            _errors.CallbackFailed(e);
        }
    }

    private async Task CloseAsync()
    {
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_isShared) await _secrets.DisposeAsync().ConfigureAwait(false);
    }
}
