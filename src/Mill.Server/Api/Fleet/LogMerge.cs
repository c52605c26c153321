using System.Threading.Channels;
using Mill.Client.Contracts;
using Mill.Core.Model;

namespace Mill.Server.Api.Fleet;

/// <summary>The lines of several containers in the order of time. Of each of them one line is held at a time, and of all together the last that were asked for; afterwards, what comes is passed on as it comes.</summary>
internal sealed class LogMerge(LogSource source, LogSelection which, int tail, bool follow, TimeProvider time, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>A reader that does not come along holds those up that write, and not the memory.</summary>
    private const int MostWaiting = 256;

    /// <summary>How long a line may take to come from another node.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    private readonly Channel<LogEvent> _events = Channel.CreateBounded<LogEvent>(MostWaiting);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private Task _work = Task.CompletedTask;
    private volatile bool _isLive;

    /// <summary>Begins to read what there is, and, where that is followed, what there will be.</summary>
    public void Begin(ClusterState seen) => _work = RunAsync(seen);

    /// <summary>What comes next, or nothing where nothing comes for a while. Null at the end of all.</summary>
    public async Task<IReadOnlyList<LogEvent>?> NextAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!await _events.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false)) return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
        if (_isLive && _begun.Count > 1) await Task.Delay(Window, time, cancellationToken).ConfigureAwait(false);
        var events = new List<LogEvent>();
        while (events.Count < MostWaiting && _events.Reader.TryRead(out var one)) events.Add(one);
        // Those of one container stay as they came.
        return [.. events.OrderBy(one => one.At)];
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(ClusterState seen)
    {
        var pumps = which.Of(seen.Fleet).ConvertAll(alloc => new LogPump(source, alloc, tail, follow, time, TellAsync));
        try
        {
            _begun.UnionWith(pumps.Select(pump => pump.Id));
            var kept = await KeptAsync(seen, pumps).ConfigureAwait(false);
            foreach (var line in kept.Take()) await TellAsync(new(line, null)).ConfigureAwait(false);
            if (follow) await FollowAsync(seen, pumps).ConfigureAwait(false);
            _events.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _events.Writer.TryComplete(e);
            throw;
        }
        finally
        {
            foreach (var pump in pumps) await pump.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Always the earliest of the lines that come next, one of each container.</summary>
    private async Task<LogTail> KeptAsync(ClusterState seen, List<LogPump> pumps)
    {
        var kept = new LogTail(tail);
        var next = new PriorityQueue<(LogPump Pump, LogLineItem Line), (DateTimeOffset, int)>();
        var first = await Task.WhenAll(pumps.Select(pump => pump.NextKeptAsync(seen, _stop.Token))).ConfigureAwait(false);
        for (var i = 0; i < first.Length; i++)
        {
            if (first[i] is { } line) next.Enqueue((pumps[i], line), (line.Ts, i));
        }
        while (next.TryDequeue(out var earliest, out var place))
        {
            kept.Add(earliest.Line);
            if (await earliest.Pump.NextKeptAsync(seen, _stop.Token).ConfigureAwait(false) is { } line) next.Enqueue((earliest.Pump, line), (line.Ts, place.Item2));
        }
        return kept;
    }

    /// <summary>Where reading has come to, nothing is missed: each goes on after the last line that was kept. Those that begin later are read from their beginning.</summary>
    private async Task FollowAsync(ClusterState seen, List<LogPump> pumps)
    {
        _isLive = true;
        var reading = pumps.ConvertAll(pump => pump.FollowAsync(seen, _stop.Token));
        try
        {
            await FollowAsync(seen, pumps, reading).ConfigureAwait(false);
        }
        finally
        {
            // What is read may only be closed once nobody waits for its next line.
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(ClusterState seen, List<LogPump> pumps, List<Task> reading)
    {
        // Made anew only where it is about others: each one that waits for what goes on for long stays until that ends.
        Task? any = null;
        while (true)
        {
            foreach (var done in reading.FindAll(task => task.IsCompleted))
            {
                await done.ConfigureAwait(false);
                reading.Remove(done);
                any = null;
            }
            if (reading.Count is 0 && !which.IsToCome(seen.Fleet)) return;
            any ??= Task.WhenAny(reading.Count > 0 ? reading : [Task.Delay(Timeout.InfiniteTimeSpan, time, _stop.Token)]);
            seen = await source.NextAsync(seen, any, _stop.Token).ConfigureAwait(false);
            foreach (var alloc in which.Of(seen.Fleet).Where(alloc => _begun.Add(alloc.Id)))
            {
                var pump = new LogPump(source, alloc, LogEndpoint.MostLines, follow: true, time, TellAsync);
                pumps.Add(pump);
                reading.Add(pump.FollowAsync(seen, _stop.Token));
                any = null;
            }
        }
    }

    private ValueTask TellAsync(LogEvent one) => _events.Writer.WriteAsync(one, _stop.Token);
}
