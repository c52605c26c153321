using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation;

internal sealed partial class Scenario
{
    private static readonly CommitFault[] Faults =
    [
        .. Enumerable.Repeat(CommitFault.None, 12), CommitFault.ReplyLost, CommitFault.ReplyLost, CommitFault.RequestLost, CommitFault.RequestLost,
        CommitFault.Full, CommitFault.Unavailable, CommitFault.Foreign, CommitFault.ReplyLostThenForeign, CommitFault.Slow, CommitFault.SlowReplyLost,
    ];

    private async Task StepAsync()
    {
        if (_unavailableFor > 0 && --_unavailableFor == 0) _server.Store.IsUnavailable = false;
        switch (_random.Next(100))
        {
            case < 34: Send(_workload.Next(_model.Latest)); break;
            case < 58: await MoveOnAsync(); break;
            case < 66: await CheckReadsAsync(); break;
            case < 72: Send(_workload.ReadAt(_model.Latest, Now)); break;
            case < 75: AskAgain(); break;
            case 75: Send(_workload.Sweep(_server.Housekeeping.SweepAsync)); break;
            case < 88: MoveClock(); break;
            case < 93: await WatchAsync(); break;
            case < 95: Abandon(); break;
            case < 98: await CrashAsync(); break;
            default: await StopAsync(); break;
        }
    }

    private Timestamp Now => Timestamp.From(_clock.GetUtcNow());

    /// <summary>What waits at the gate goes on; or what waits for the clock does.</summary>
    private async Task MoveOnAsync()
    {
        if (_server.Store.HasWaiting) await ReleaseAsync(Faults[_random.Next(Faults.Length)]);
        else if (_clock.HasTimers) _clock.Advance(TimeSpan.FromMilliseconds(100));
    }

    private async Task ReleaseAsync(CommitFault fault)
    {
        if (_server.Store.IsUnavailable) fault = CommitFault.Unavailable;
        Tally.Note($"commit: {fault}", $"commit {fault}");
        if (fault is CommitFault.Unavailable && _unavailableFor == 0) (_server.Store.IsUnavailable, _unavailableFor) = (true, _random.Next(1, 12));
        await _server.Store.ReleaseAsync(fault);
    }

    private async Task CheckReadsAsync()
    {
        Tally.Note("reads", "reads");
        var caller = _workload.ACaller();
        await _reads.ReadAsync(_server.Vault, caller, _workload.AName(), null);
        await _reads.ReadAsync(_server.Vault, caller, _workload.AName(), _random.Next(1, 6));
        await _reads.ListAsync(_server.Vault, caller, _random.Next(2) == 0 ? "" : "a");
        await _reads.HistoryAsync(_server.Vault, caller, _workload.AName());
    }

    private void AskAgain()
    {
        if (_promises.Count == 0) return;
        var (id, moment) = _promises[_random.Next(_promises.Count)];
        Send(_workload.ReadAt(id, moment));
    }

    private void MoveClock()
    {
        var kind = _random.Next(12);
        Tally.Note($"clock {kind}", kind switch { < 6 => "clock goes on", < 8 => "clock jumps forward", 8 => "clock jumps a day", < 10 => "clock jumps back", 10 => "clock freezes", _ => "clock thaws" });
        switch (kind)
        {
            case < 6: _clock.Advance(TimeSpan.FromMicroseconds(_random.Next(3_000))); break;
            case < 8: _clock.Jump(TimeSpan.FromSeconds(_random.Next(600))); break;
            case 8: _clock.Jump(TimeSpan.FromHours(25)); break;
            case < 10: _clock.Jump(-TimeSpan.FromSeconds(_random.Next(1_800))); break;
            case 10: _clock.Freeze(); break;
            default: _clock.Thaw(); break;
        }
    }

    private async Task WatchAsync()
    {
        await CheckWatchersAsync();
        var watcher = _watchers[_random.Next(_watchers.Count)];
        Tally.Note("watch", "watch starts or stops");
        if (watcher.IsFollowing)
        {
            await watcher.StopAsync();
            return;
        }
        watcher.Start(_server.Vault, (await _server.State.ReadAsync(CancellationToken.None)).Revision);
    }

    /// <summary>Every watcher gets all there is to get, soon; a server that read everything again may reset it.</summary>
    private async Task CheckWatchersAsync()
    {
        var revision = (await _server.Vault.ListAsync(_workload.Callers[0], new(), CancellationToken.None)).Revision;
        foreach (var watcher in _watchers.Where(watcher => watcher.IsFollowing))
        {
            await _stillness.UntilAsync(() => watcher.Arrived >= revision, () => $"a watcher at {watcher.Arrived} has not heard of {revision}");
            watcher.Drain(_server.Store.WasInDoubt || _isNewServer);
            Tally.Events += watcher.Events;
        }
    }

    /// <summary>A client gives up. What is in the queue is dropped; what was decided already goes on.</summary>
    private void Abandon()
    {
        if (_outstanding.Count == 0) return;
        var operation = _outstanding[_random.Next(_outstanding.Count)];
        Tally.Note($"abandon {operation.Number}", "client gives up");
        operation.IsAbandoned |= !_batch.Waiting.Contains(operation);
        operation.Cancel.Cancel();
    }

    private async Task CrashAsync()
    {
        Tally.Note("crash", _server.Store.HasWaiting ? "crash in a commit" : "crash");
        await StopWatchersAsync();
        await _server.Store.CrashAsync(commitHappens: _random.Next(2) == 0);
        // Nobody is there to answer: what the old server still says is not heard.
        _outstanding.Clear();
        await RestartAsync();
    }

    private async Task StopAsync()
    {
        Tally.Note("stop", "shutdown");
        await StopWatchersAsync();
        var waiting = _outstanding.ToList();
        await _server.Store.CrashAsync(commitHappens: _random.Next(2) == 0);
        await _server.DisposeAsync();
        _outstanding.Clear();
        await _stillness.UntilAsync(() => waiting.TrueForAll(operation => operation.Sent!.IsCompleted), () => "a shutdown leaves requests without an answer");
        foreach (var operation in waiting) TakeAnswer(operation);
        await StartAgainAsync();
    }

    private async Task RestartAsync()
    {
        await _server.DisposeAsync();
        await StartAgainAsync();
    }

    private async Task StartAgainAsync()
    {
        _clock.Thaw();
        await StartServerAsync();
        _isNewServer = true;
    }

    private async Task StopWatchersAsync()
    {
        await CheckWatchersAsync();
        foreach (var watcher in _watchers.Where(watcher => watcher.IsFollowing)) await watcher.StopAsync();
    }
}
