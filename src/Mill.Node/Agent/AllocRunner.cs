using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;

namespace Mill.Node.Agent;

/// <summary>
/// One allocation, from its first container to the end of its last: fetch the image, resolve what it refers to, start, watch, start again, and end when it is to end. Where the agent ends, the container goes on, and the next
/// agent takes it up.
/// </summary>
internal sealed class AllocRunner : IDisposable
{
    /// <summary>After so many in a row that did not even start, another node may have more luck.</summary>
    private const int MostFailedStarts = 3;

    private static readonly TimeSpan EnginePause = TimeSpan.FromSeconds(1);

    /// <summary>What was healthy for so long has left its troubles behind.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    private readonly NodeParts _parts;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private ITimer? _stopTimer;
    private AllocRecord _alloc;
    private AllocReport _report;
    private AllocReport? _sent;

    public AllocRunner(AllocRecord alloc, NodeParts parts)
    {
        (_alloc, _parts) = (alloc, parts);
        _report = new() { Id = alloc.Id, Status = alloc.Status, Restarts = alloc.Restarts };
    }

    /// <summary>Its work, once it was begun.</summary>
    public Task Work { get; private set; } = Task.CompletedTask;

    /// <summary>What is to be said of it; null where all was.</summary>
    public AllocReport? News
    {
        get
        {
            lock (_lock) return _report == _sent ? null : _report;
        }
    }

    /// <summary>That was heard.</summary>
    public void Sent(AllocReport report)
    {
        lock (_lock) _sent = report;
    }

    /// <param name="existing">The id of a container of it that is there already.</param>
    public void Begin(string? existing, CancellationToken shutdown) => Work = RunAsync(existing, shutdown);

    /// <summary>What is now wanted of it.</summary>
    public void Update(AllocRecord alloc)
    {
        lock (_lock)
        {
            _alloc = alloc;
            if (alloc.IsTerminal) EndLocked(TimeSpan.Zero);
            else if (alloc.IsStopping) EndLocked(alloc.Drain ?? TimeSpan.Zero);
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

    private void EndLocked(TimeSpan after)
    {
        if (after <= TimeSpan.Zero) _stop.Cancel();
        else _stopTimer ??= _parts.Time.CreateTimer(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop, after, Timeout.InfiniteTimeSpan);
    }

    private void Tell(Func<AllocReport, AllocReport> change)
    {
        lock (_lock)
        {
            var after = change(_report);
            if (after == _report) return;
            _report = after;
        }
        _parts.Changed();
    }

    private async Task RunAsync(string? existing, CancellationToken shutdown)
    {
        // Whoever begins it goes on at once.
        await Task.Yield();
        using var work = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, shutdown);
        try
        {
            await GoOnAsync(existing, work.Token, shutdown).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested && !shutdown.IsCancellationRequested)
        {
            Tell(report => report with { Status = AllocStatus.Stopped, Address = null });
        }
        catch (OperationCanceledException)
        {
            // The next agent takes it up.
        }
    }

    private async Task GoOnAsync(string? existing, CancellationToken work, CancellationToken shutdown)
    {
        var (failures, starts) = (0, 0);
        for (var restarts = _alloc.Restarts; ;)
        {
            var began = _parts.Time.GetTimestamp();
            LifeEnd end;
            using (var life = new AllocLife(_alloc, restarts, _parts, Tell))
            {
                end = await life.RunAsync(existing, work, shutdown).ConfigureAwait(false);
                existing = end.IsEngine ? life.Id : null;
            }
            if (end.IsEngine)
            {
                // Nothing is known of the container, and nothing can be done to it.
                await Task.Delay(EnginePause, _parts.Time, work).ConfigureAwait(false);
                continue;
            }
            if (_alloc.Kind is not AllocKind.Service)
            {
                Tell(report => report with { Status = end is { ExitCode: 0, Reason: null } ? AllocStatus.Stopped : AllocStatus.Failed, ExitCode = end.ExitCode, Reason = end.Reason, LastLines = end.LastLines, Address = null });
                return;
            }
            failures = end.HasStarted && _parts.Time.GetElapsedTime(began) > Steady ? 1 : failures + 1;
            starts = end.HasStarted ? 0 : starts + 1;
            if (starts >= MostFailedStarts)
            {
                Tell(report => report with { Status = AllocStatus.Failed, Reason = end.Reason, LastLines = end.LastLines, Address = null });
                return;
            }
            var seen = ++restarts;
            Tell(report => report with { Status = AllocStatus.Starting, Restarts = seen, ExitCode = end.ExitCode, Reason = end.Reason ?? Ended(end), LastLines = end.LastLines });
            await Task.Delay(ServiceUpkeep.PauseAfter(failures), _parts.Time, work).ConfigureAwait(false);
        }
    }

    private string Ended(LifeEnd end) => string.Create(CultureInfo.InvariantCulture, $"{_alloc.Id} ended with exit code {end.ExitCode}");
}
