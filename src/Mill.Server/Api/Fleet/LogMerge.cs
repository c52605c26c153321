using System.Collections.Concurrent;
using System.Threading.Channels;
using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>The lines of several containers in the order of time, as far as they come together.</summary>
internal sealed class LogMerge(LogSource source, string name, TenantId tenant, int tail, bool follow, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>A reader that does not come along holds those up that write, and not the memory.</summary>
    private const int MostWaiting = 4096;

    /// <summary>How long a line may take to come from another node.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    private readonly Channel<LogLineItem> _lines = Channel.CreateBounded<LogLineItem>(MostWaiting);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _broken = new(StringComparer.Ordinal); // and whether something of it was read before
    private Task _work = Task.CompletedTask;
    private bool _isFirst = true;

    /// <summary>Begins to read what there is, and, where that is followed, what there will be.</summary>
    public void Begin(ClusterState seen) => _work = RunAsync(seen);

    /// <summary>What comes next, or nothing where nothing comes for a while. Null at the end of all.</summary>
    public async Task<IReadOnlyList<LogLineItem>?> NextAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!follow) return _isFirst ? await AllAsync(cancellationToken).ConfigureAwait(false) : null;
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!await _lines.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false)) return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
        if (_begun.Count > 1) await Task.Delay(Window, time, cancellationToken).ConfigureAwait(false);
        var lines = new List<LogLineItem>();
        while (lines.Count < MostWaiting && _lines.Reader.TryRead(out var line)) lines.Add(line);
        return Sorted(lines);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private async Task<IReadOnlyList<LogLineItem>> AllAsync(CancellationToken cancellationToken)
    {
        var lines = new List<LogLineItem>();
        await foreach (var line in _lines.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) lines.Add(line);
        return Sorted(lines);
    }

    /// <summary>Those of one container stay as they came.</summary>
    private List<LogLineItem> Sorted(List<LogLineItem> lines)
    {
        var sorted = lines.OrderBy(line => line.Ts);
        var isFirst = _isFirst;
        _isFirst = false;
        // Every container has told so many.
        return isFirst ? [.. sorted.TakeLast(follow ? Math.Max(tail, 1) : tail)] : [.. sorted];
    }

    private async Task RunAsync(ClusterState seen)
    {
        try
        {
            var reading = new List<Task>();
            while (true)
            {
                // What is known here is read without asking whether anybody still wants it.
                _stop.Token.ThrowIfCancellationRequested();
                foreach (var alloc in LogEndpoint.AllocsOf(seen.Fleet, name, tenant).Where(alloc => _begun.Add(alloc.Id)).ToList()) reading.Add(PumpAsync(seen, alloc));
                if (!follow) break;
                foreach (var done in reading.FindAll(task => task.IsCompleted))
                {
                    await done.ConfigureAwait(false);
                    reading.Remove(done);
                }
                // A service goes on, whatever becomes of its containers.
                if (reading.Count is 0 && !IsToCome(seen.Fleet)) break;
                var before = seen.Fleet;
                seen = await source.NextAsync(seen, Task.WhenAny(reading.Count > 0 ? reading : [Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token)]), _stop.Token).ConfigureAwait(false);
                // One that was about to begin may have begun, and a node may be back.
                if (!ReferenceEquals(seen.Fleet, before)) _begun.ExceptWith(_broken.Keys.Where(id => seen.Fleet.Allocs.GetValueOrDefault(id) is { IsTerminal: false }));
            }
            await Task.WhenAll(reading).ConfigureAwait(false);
            _lines.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _lines.Writer.TryComplete(e);
            throw;
        }
    }

    private bool IsToCome(FleetState fleet) =>
        (fleet.Services.TryGetValue(name, out var service) && service.Tenant == tenant) || LogEndpoint.AllocsOf(fleet, name, tenant).Any(alloc => !alloc.IsTerminal);

    private async Task PumpAsync(ClusterState seen, AllocRecord alloc)
    {
        var wasRead = _broken.TryRemove(alloc.Id, out var known) && known;
        try
        {
            await foreach (var line in source.ReadAsync(seen, alloc, wasRead ? 0 : tail, follow, _stop.Token).ConfigureAwait(false))
            {
                wasRead = true;
                await _lines.Writer.WriteAsync(line, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (MillException)
        {
            // Nothing is kept of it, or not yet, or its node is not there: the others have something to say.
            _broken[alloc.Id] = wasRead;
        }
    }
}
