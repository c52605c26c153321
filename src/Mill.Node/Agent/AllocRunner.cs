using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;

namespace Mill.Node.Agent;

/// <summary>
/// One allocation, from its first container to the end of its last: fetch the image, resolve what it refers to, start, watch, start again, and end when it is to end. Where the agent ends, the container goes on, and the next
/// agent takes it up. What has ended stays until that was heard: else the next agent would not know that it ran.
/// </summary>
internal sealed class AllocRunner : IDisposable
{
    /// <summary>After so many in a row that did not even start, another node may have more luck.</summary>
    private const int MostFailedStarts = 3;

    /// <summary>Between two tries where nothing was wrong with the container itself.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CleanAgain = TimeSpan.FromSeconds(10);

    /// <summary>For what is missing for the moment. Then it counts as if the container were to blame.</summary>
    private static readonly TimeSpan MostPassing = TimeSpan.FromMinutes(5);

    /// <summary>What was healthy for so long has left its troubles behind.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    private readonly NodeParts _parts;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ITimer? _stopTimer;
    private AllocLife? _life;
    private AllocRecord _alloc;
    private AllocReport _report;
    private AllocReport _sent;

    public AllocRunner(AllocRecord alloc, NodeParts parts)
    {
        (_alloc, _parts) = (alloc, parts);
        _sent = _report = new() { Id = alloc.Id, Status = alloc.Status, Restarts = alloc.Restarts };
    }

    /// <summary>Its work, once it was begun.</summary>
    public Task Work { get; private set; } = Task.CompletedTask;

    public string Id => _alloc.Id;

    /// <summary>The id of its container; null where it has none right now.</summary>
    public string? Container => _life?.Container.Id;

    /// <summary>Its container runs, as far as is known, and is watched.</summary>
    public bool IsWatched => _life?.IsWatched is true;

    /// <summary>What is to be said of it; null where all was.</summary>
    public AllocReport? News
    {
        get
        {
            lock (_lock) return _report.SaysSameAs(_sent) ? null : _report;
        }
    }

    private bool HasRun => _alloc.StartedAt is not null || _alloc.Status is AllocStatus.Running or AllocStatus.Healthy;

    /// <summary>That was heard.</summary>
    public void Sent(AllocReport report)
    {
        lock (_lock) _sent = report;
        if (report.Status is AllocStatus.Stopped or AllocStatus.Failed) _heard.TrySetResult();
    }

    /// <param name="existing">A container of it that is there already.</param>
    public void Begin(FoundContainer? existing, CancellationToken shutdown) => Work = RunAsync(existing, shutdown);

    /// <summary>What is now wanted of it.</summary>
    public void Update(AllocRecord alloc)
    {
        lock (_lock)
        {
            _alloc = alloc;
            if (alloc.IsTerminal) EndLocked(TimeSpan.Zero);
            else if (alloc.IsStopping) EndLocked(alloc.Drain ?? TimeSpan.Zero);
            else StayLocked();
        }
    }

    /// <summary>It is wanted no more.</summary>
    public void End()
    {
        lock (_lock) EndLocked(TimeSpan.Zero);
    }

    public void Dispose()
    {
        _stopTimer?.Dispose();
        _stop.Dispose();
    }

    private static void Stop(object? stop)
    {
        try
        {
            ((CancellationTokenSource)stop!).Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile. Nothing may leave a timer: it would end the process.
        }
    }

    private void EndLocked(TimeSpan after)
    {
        if (after <= TimeSpan.Zero) Stop(_stop);
        else _stopTimer ??= _parts.Time.CreateTimer(Stop, _stop, Pause.Timer(after), Timeout.InfiniteTimeSpan);
    }

    /// <summary>It is wanted again before its time was up.</summary>
    private void StayLocked()
    {
        _stopTimer?.Dispose();
        _stopTimer = null;
    }

    private void Tell(Func<AllocReport, AllocReport> change)
    {
        lock (_lock)
        {
            var after = change(_report);
            if (after.Reason is { } reason) after = after with { Reason = Excerpt.Of(reason, Excerpt.MostOfReason) };
            if (after.SaysSameAs(_report)) return;
            _report = after;
        }
        _parts.Changed();
    }

    private async Task RunAsync(FoundContainer? existing, CancellationToken shutdown)
    {
        // Whoever begins it goes on at once.
        await Task.Yield();
        using var work = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, shutdown);
        try
        {
            await ToEndAsync(existing, work.Token, shutdown).ConfigureAwait(false);
            await _heard.Task.WaitAsync(shutdown).ConfigureAwait(false);
            while (!await IsCleanAsync(shutdown).ConfigureAwait(false)) await Task.Delay(CleanAgain, _parts.Time, shutdown).ConfigureAwait(false);
            _parts.Logs.End(_alloc.Id);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            // The next agent takes it up.
        }
        finally
        {
            _life?.Dispose();
        }
    }

    /// <summary>Whatever happens, its end is told.</summary>
    private async Task ToEndAsync(FoundContainer? existing, CancellationToken work, CancellationToken shutdown)
    {
        try
        {
            await GoOnAsync(existing, work, shutdown).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!shutdown.IsCancellationRequested && work.IsCancellationRequested)
        {
            await StoppedAsync(shutdown).ConfigureAwait(false);
            Tell(report => report with { Status = AllocStatus.Stopped, Address = null });
        }
        catch (Exception e) when (!shutdown.IsCancellationRequested)
        {
            await StoppedAsync(shutdown).ConfigureAwait(false);
            Tell(report => report with { Status = AllocStatus.Failed, Reason = _life?.Clean(e.Message) ?? e.Message, Address = null });
        }
    }

    /// <summary>The Engine may have been away when its time came.</summary>
    private Task StoppedAsync(CancellationToken shutdown) => _life?.Container.StopAsync(shutdown) ?? Task.CompletedTask;

    private async Task GoOnAsync(FoundContainer? existing, CancellationToken work, CancellationToken shutdown)
    {
        if (existing is null && HasRun && _alloc.Kind is not AllocKind.Service)
        {
            // What it was to do is done, or half done: doing it again is for those who know.
            Tell(report => report with { Status = AllocStatus.Failed, Reason = AllocContainer.GoneOf(_alloc), Address = null });
            return;
        }
        var (failures, starts, id) = (0, 0, existing?.Id);
        long? passing = null;
        for (var restarts = existing?.Attempt ?? _alloc.Restarts + (HasRun ? 1 : 0); ;)
        {
            var began = _parts.Time.GetTimestamp();
            // Where the next one cannot be made, the one before still knows what must not be said.
            var before = _life;
            _life = new AllocLife(_alloc, restarts, isFirst: restarts is 0 && _report.Status is AllocStatus.Pulling, _parts, Tell);
            before?.Dispose();
            var end = await _life.RunAsync(id, work, shutdown).ConfigureAwait(false);
            id = end.Trouble is LifeTrouble.Engine ? _life.Container.Id : null;
            var wasSteady = end.HasStarted && _parts.Time.GetElapsedTime(began) > Steady;
            if (wasSteady) passing = null;
            if (end.Trouble is LifeTrouble.Engine || (end.Trouble is LifeTrouble.Passing && _parts.Time.GetElapsedTime(passing ??= began) < MostPassing))
            {
                await RetryAsync(end, work).ConfigureAwait(false);
                continue;
            }
            if (_alloc.Kind is not AllocKind.Service)
            {
                Tell(report => report with { Status = end is { ExitCode: 0, Reason: null } ? AllocStatus.Stopped : AllocStatus.Failed, ExitCode = end.ExitCode, Reason = end.Reason, LastLines = Failed(end), Address = null });
                return;
            }
            failures = wasSteady ? 1 : failures + 1;
            starts = end.HasStarted ? 0 : starts + 1;
            if (starts >= MostFailedStarts)
            {
                Tell(report => report with { Status = AllocStatus.Failed, Reason = end.Reason, LastLines = end.LastLines, Address = null });
                return;
            }
            var seen = ++restarts;
            Tell(report => report with { Status = AllocStatus.Starting, StartedAt = null, Restarts = seen, ExitCode = end.ExitCode, Reason = end.Reason ?? Ended(end), LastLines = end.LastLines });
            await IsCleanAsync(work).ConfigureAwait(false);
            await Task.Delay(ServiceUpkeep.PauseAfter(failures), _parts.Time, work).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing was wrong with the container: that counts neither as a start nor as a restart.</summary>
    private async Task RetryAsync(LifeEnd end, CancellationToken work)
    {
        if (end.Trouble is LifeTrouble.Passing)
        {
            Tell(report => report with { Reason = end.Reason });
            await IsCleanAsync(work).ConfigureAwait(false);
        }
        else if (_life?.Container.Id is null)
        {
            _life?.Container.Release();
        }
        await Task.Delay(RetryAfter, _parts.Time, work).ConfigureAwait(false);
    }

    /// <summary>False where something is left of the last container. It has ended, and harms nobody.</summary>
    private async Task<bool> IsCleanAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_life is { } life) await life.Container.CleanAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _parts.LeftBehind(_alloc.Id, e.Message);
            return false;
        }
    }

    private static IReadOnlyList<string>? Failed(LifeEnd end) => end is { ExitCode: 0, Reason: null } ? null : end.LastLines;

    private string Ended(LifeEnd end) => string.Create(CultureInfo.InvariantCulture, $"{_alloc.Id} ended with exit code {end.ExitCode}");
}

/// <summary>A container that was there before its agent.</summary>
/// <param name="Attempt">How many were made before it.</param>
internal sealed record FoundContainer(string Id, int Attempt);
