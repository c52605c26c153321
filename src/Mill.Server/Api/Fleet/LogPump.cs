using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>Reads what one allocation wrote: first what is kept, line by line as the merge takes it, and then what comes, for as long as it runs, whatever becomes of the way to its node.</summary>
internal sealed class LogPump(LogSource source, AllocRecord alloc, int tail, bool follow, TimeProvider time, Func<LogEvent, ValueTask> tell) : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private IAsyncEnumerator<AllocLine>? _lines;
    private (DateTimeOffset At, int Count) _last; // the moment of the last line, and how many were of that moment
    private (DateTimeOffset At, int Count) _known; // what was told before the connection broke
    private int _tail = tail;
    private bool _wasTold;

    public string Id => alloc.Id;

    /// <summary>The next of what is kept; null at its end. Where it cannot be read, the reader is told.</summary>
    public async Task<LogLineItem?> NextKeptAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        try
        {
            _lines ??= source.ReadAsync(seen, alloc, _tail, follow, cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (await _lines.MoveNextAsync().ConfigureAwait(false) && !_lines.Current.IsMark) return Note(seen, _lines.Current);
        }
        catch (MillException e)
        {
            await CloseAsync().ConfigureAwait(false);
            await LostAsync(seen, e).ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>What is written from now on, until it has ended.</summary>
    public async Task FollowAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isLastTry = alloc.IsTerminal;
            try
            {
                _lines ??= source.ReadAsync(seen, alloc, _tail, follow: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (await _lines.MoveNextAsync().ConfigureAwait(false)) await PassAsync(seen, _lines.Current).ConfigureAwait(false);
                return;
            }
            catch (MillException e)
            {
                await CloseAsync().ConfigureAwait(false);
                await LostAsync(seen, e).ConfigureAwait(false);
            }
            if (isLastTry) return;
            seen = await source.NextAsync(seen, Task.Delay(RetryAfter, time, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (!seen.Fleet.Allocs.TryGetValue(alloc.Id, out var now)) return;
            alloc = now;
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask CloseAsync()
    {
        if (_last.Count > 0) _known = _last;
        _last = default;
        if (_lines is { } lines) await lines.DisposeAsync().ConfigureAwait(false);
        _lines = null;
    }

    private async ValueTask PassAsync(ClusterState seen, AllocLine line)
    {
        if (line.IsMark)
        {
            if (_wasTold) await TellAsync(seen, "It can be read again.").ConfigureAwait(false);
            _wasTold = false;
            return;
        }
        var item = Note(seen, line);
        if (!IsKnown(line)) await tell(new(item, null)).ConfigureAwait(false);
    }

    private LogLineItem Note(ClusterState seen, AllocLine line)
    {
        if (line.At == _last.At) _last.Count++;
        else if (line.At > _last.At) _last = (line.At, 1);
        return new(line.At, alloc.Id, source.NameOf(seen, alloc), line.Stream, line.Text);
    }

    private bool IsKnown(AllocLine line) => line.At < _known.At || (line.At == _known.At && _last.Count <= _known.Count);

    /// <summary>That nothing is kept of one that has not begun is no news, nor that it is still away.</summary>
    private async ValueTask LostAsync(ClusterState seen, MillException e)
    {
        // All of what is kept then: some of it was written while nobody read.
        if (e.Error is MillError.NotFound || _known.Count > 0) _tail = LogEndpoint.MostLines;
        if (e.Error is MillError.NotFound || _wasTold) return;
        _wasTold = true;
        await TellAsync(seen, $"What it writes cannot be read at the moment: {e.Message}").ConfigureAwait(false);
    }

    private ValueTask TellAsync(ClusterState seen, string detail) => tell(new(null, new(time.GetUtcNow(), alloc.Id, source.NameOf(seen, alloc), detail)));
}

/// <summary>What a reader of a log is told: one of the two.</summary>
internal readonly record struct LogEvent(LogLineItem? Line, LogNoticeItem? Notice)
{
    public DateTimeOffset At => Line?.Ts ?? Notice!.Ts;
}
