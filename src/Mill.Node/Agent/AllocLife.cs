using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>The life of one container of an allocation: from its start, or from where it is found, to its end.</summary>
internal sealed class AllocLife : IDisposable
{
    /// <summary>For the last lines of what has ended.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly AllocRecord _alloc;
    private readonly int _restarts;
    private readonly NodeParts _parts;
    private readonly Action<Func<AllocReport, AllocReport>> _tell;
    private readonly AllocLog _log;

    /// <param name="restarts">How many there were before it.</param>
    /// <param name="isFirst">Its image was not fetched yet.</param>
    /// <param name="tell">Takes what is new of the allocation.</param>
    public AllocLife(AllocRecord alloc, int restarts, bool isFirst, NodeParts parts, Action<Func<AllocReport, AllocReport>> tell)
    {
        (_alloc, _restarts, _parts, _tell) = (alloc, restarts, parts, tell);
        _log = new(parts.Logs.Open(alloc.Id, alloc.CreatedAt));
        Container = new(alloc, restarts, isFirst, parts, _log, tell);
    }

    public AllocContainer Container { get; }

    /// <summary>Whether its container runs, as far as is known, and is watched.</summary>
    public bool IsWatched { get; private set; }

    /// <summary>
    /// Where it is to end, that is seen to before <see cref="OperationCanceledException"/> comes; where only the agent ends, the container goes on. Whatever goes wrong is its end. What is left of it is removed by
    /// <see cref="AllocContainer.CleanAsync"/>, once it is known that it has ended.
    /// </summary>
    /// <param name="existing">The id of one that is there already.</param>
    public async Task<LifeEnd> RunAsync(string? existing, CancellationToken work, CancellationToken shutdown)
    {
        LifeEnd? end = null;
        var hasStarted = existing is not null;
        try
        {
            if (_alloc.Kind is AllocKind.Pull)
            {
                await Container.FetchAsync(work).ConfigureAwait(false);
                return end = new(null, 0, null) { HasStarted = false };
            }
            var found = existing is null ? null : await Container.AdoptAsync(existing, work).ConfigureAwait(false);
            hasStarted = found is not null;
            var started = found is null ? await Container.StartAsync(work).ConfigureAwait(false) : found.StartedAt ?? _parts.Time.GetUtcNow();
            hasStarted = true;
            if (Container.IsAdopted) _log.Resume(Container.MadeAt);
            end = await WatchAsync(started, hasEnded: found is { Running: false }, work).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // Of what runs, or may, nothing is known but that it could not be watched for a moment: it is looked at anew, and only what is gone is gone.
            end = new(_log.Clean(e.Message), null, _log.Last) { HasStarted = hasStarted, Trouble = hasStarted && e is not MillException { Error: MillError.NotFound } ? LifeTrouble.Engine : LifeEnd.TroubleOf(e) };
        }
        finally
        {
            if (!shutdown.IsCancellationRequested && end is not { Trouble: LifeTrouble.Engine }) await Container.StopAsync(shutdown).ConfigureAwait(false);
        }
        return WithPort(end);
    }

    /// <summary>A reason, without values of secrets.</summary>
    public string Clean(string text) => _log.Clean(text);

    public void Dispose() => _log.Dispose();

    /// <summary>What found its port taken ends by itself, and is not to blame. What listens there now is not its own: that has ended.</summary>
    private LifeEnd WithPort(LifeEnd end) => end.ExitCode is > 0 && _alloc is { Kind: AllocKind.Service, Container.Network: ContainerNetwork.Host } && Container.Port is { } port && !PortPool.IsFree(port)
        ? end with { Trouble = LifeTrouble.Passing, Reason = string.Create(CultureInfo.InvariantCulture, $"{end.Reason}: its port {port} was taken by something else") }
        : end;

    /// <summary>To its end, or to where it has to be ended: it does not do what it is for, or its time is up.</summary>
    private async Task<LifeEnd> WatchAsync(DateTimeOffset started, bool hasEnded, CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var memory = LearnAsync(life.Token);
        var logs = FollowAsync(life.Token);
        var exit = hasEnded ? Task.CompletedTask : _parts.Docker.WaitAsync(Container.Id!, life.Token);
        var health = hasEnded ? NeverAsync(life.Token) : new AllocHealth(_alloc, _restarts, Container, _log, _parts, _tell).WatchAsync(started, life.Token);
        var timeout = hasEnded ? NeverAsync(life.Token) : TimeoutAsync(started, life.Token);
        try
        {
            IsWatched = !hasEnded;
            var first = await Task.WhenAny(exit, health, timeout).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (first == health) return new(_log.Clean(await health.ConfigureAwait(false)), null, _log.Last);
            if (first == timeout) return new(await timeout.ConfigureAwait(false), null, _log.Last);
            await exit.ConfigureAwait(false);
            await Task.WhenAny(logs, Task.Delay(LastWords, _parts.Time, life.Token)).ConfigureAwait(false);
            return EndOf(await Container.EndedAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            IsWatched = false;
            await life.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(memory, logs, exit, health, timeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private LifeEnd EndOf(ContainerInspectionState state)
    {
        if (state.OOMKilled) return new($"{_alloc.Id} took more than its {ByteSize.Format(_alloc.Container.Memory)} of memory, and was ended", state.ExitCode, _log.Last);
        return new(state.ExitCode is 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{_alloc.Id} ended with exit code {state.ExitCode}"), state.ExitCode, _log.Last);
    }

    /// <summary>Gets the values back that one that was taken up was given, to mask them; the vault may be away for a while.</summary>
    private async Task LearnAsync(CancellationToken cancellationToken)
    {
        if (_log.Known.IsCompleted) return;
        var versions = Container.Versions ?? _alloc.SecretVersions;
        // Where it is not known what it has, nothing of it may be seen.
        if (_alloc.Container.Secrets().Any(name => versions?.ContainsKey(name.Value) is not true)) return;
        while (true)
        {
            try
            {
                var readings = await ContainerEnv.RememberAsync(_alloc, versions ?? new Dictionary<string, int>(), _parts.Vault, cancellationToken).ConfigureAwait(false);
                _log.Mask(readings.Select(reading => reading.Value));
                foreach (var reading in readings) reading.Dispose();
                return;
            }
            catch (MillException e)
            {
                if (LifeEnd.TroubleOf(e) is not LifeTrouble.Passing) return;
                await Pause.ForAsync(RetryAfter, _parts.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await _log.Known.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await ReadAsync(cancellationToken).ConfigureAwait(false);
                // It has said its last, or the Engine went away politely.
                if (!(await _parts.Docker.InspectAsync(Container.Id!, cancellationToken).ConfigureAwait(false)).State.Running) return;
            }
            catch (MillException e) when (e.Error is MillError.NotFound)
            {
                return;
            }
            catch (Exception e) when (e is MillException or IOException or HttpRequestException)
            {
                // What comes after the last line is read once it can be.
            }
            await Pause.ForAsync(RetryAfter, _parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var heard = _log.Heard;
        var again = heard?.Count ?? 0;
        await foreach (var line in _parts.Docker.LogsAsync(Container.Id!, heard?.At, follow: true, cancellationToken).ConfigureAwait(false))
        {
            // The Engine begins with the moment itself, and some with its second: what is there already comes again.
            if (line.At < heard?.At) continue;
            if (again > 0 && line.At == heard!.Value.At) again--;
            else _log.Add(line);
        }
    }

    private async Task<string> TimeoutAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        if (_alloc.Timeout is not { } timeout) return await NeverAsync(cancellationToken).ConfigureAwait(false);
        await Pause.ForAsync(started + timeout - _parts.Time.GetUtcNow(), _parts.Time, cancellationToken).ConfigureAwait(false);
        return $"{_alloc.Id} had not ended after {Duration.Format(timeout)}";
    }

    private async Task<string> NeverAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _parts.Time, cancellationToken).ConfigureAwait(false);
        return "";
    }
}
