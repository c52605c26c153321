using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>
/// Pushes the targets whose secrets change, as they change, until it is cancelled. Changes that come together, or while a push is at work, make one push. What failed is tried again, later each time; what is fine
/// does not wait for it.
/// </summary>
/// <param name="changes">Names of secrets of the vault that changed; an empty one where any of them may have, and where a connection begins: nobody saw what came before. May end or throw at any time, and is asked for anew.</param>
/// <param name="push">One push of these targets.</param>
/// <param name="told">Told of each push, and of what kept one, or the changes, from going on. Where it throws, the watch ends: nobody hears it any longer.</param>
public sealed class SyncWatch(
    IReadOnlyList<SyncTarget> targets, Func<CancellationToken, IAsyncEnumerable<string>> changes, Func<IReadOnlyList<SyncTarget>, CancellationToken, Task<PushReport>> push, Action<WatchNews> told, TimeProvider time)
{
    /// <summary>How long a change waits for others to come with it.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);

    private readonly Channel<IReadOnlyList<SyncTarget>> _due = Channel.CreateUnbounded<IReadOnlyList<SyncTarget>>(new() { SingleReader = true });
    private readonly Dictionary<SyncTarget, Retry> _retries = [];

    /// <summary>Begins with a push of all targets: what happened before is in no change. Throws <see cref="OperationCanceledException"/>, and what <c>told</c> throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _due.Writer.TryWrite(targets);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] halves = [FollowAsync(both.Token), PushAsync(both.Token)];
        await Task.WhenAny(halves).ConfigureAwait(false);
        await both.CancelAsync().ConfigureAwait(false); // neither does anything without the other
        await Task.WhenAll(halves).ConfigureAwait(false);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                await foreach (var name in changes(cancellationToken).ConfigureAwait(false))
                {
                    failures = 0;
                    IReadOnlyList<SyncTarget> concerned = name is "" ? targets : [.. targets.Where(target => WantedSecrets.Concerns(target, name))];
                    if (concerned.Count > 0) _due.Writer.TryWrite(concerned);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                told(new(null, e));
            }
            await Task.Delay(Wait(failures), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PushAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var due = await NextAsync(cancellationToken).ConfigureAwait(false);
            var left = await PushAsync(due, cancellationToken).ConfigureAwait(false);
            foreach (var target in due.Except(left)) _retries.Remove(target);
            foreach (var target in left)
            {
                var failures = _retries.TryGetValue(target, out var retry) ? retry.Failures + 1 : 1;
                _retries[target] = new(time.GetUtcNow() + Wait(failures - 1), failures);
            }
        }
    }

    /// <summary>What changed, and what failed and has its time come: that time is kept, whatever else changes meanwhile.</summary>
    private async Task<IReadOnlyList<SyncTarget>> NextAsync(CancellationToken cancellationToken)
    {
        if (_retries.Count is 0) await _due.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        else
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var left = _retries.Values.Min(retry => retry.At) - time.GetUtcNow();
            var (timer, change) = (left > TimeSpan.Zero ? Task.Delay(left, time, enough.Token) : Task.CompletedTask, _due.Reader.WaitToReadAsync(enough.Token).AsTask());
            await Task.WhenAny(timer, change).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            await Ended(timer);
            await Ended(change);
            cancellationToken.ThrowIfCancellationRequested();
        }
        var now = time.GetUtcNow();
        var due = _retries.Where(retry => retry.Value.At <= now).Select(retry => retry.Key).ToHashSet();
        if (due.Count is 0) await Task.Delay(Quiet, time, cancellationToken).ConfigureAwait(false);
        while (_due.Reader.TryRead(out var more)) due.UnionWith(more);
        return [.. targets.Where(due.Contains)];
    }

    private static ConfiguredTaskAwaitable Ended(Task task) => task.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);

    /// <summary>What is to be tried again.</summary>
    private async Task<IReadOnlyList<SyncTarget>> PushAsync(IReadOnlyList<SyncTarget> due, CancellationToken cancellationToken)
    {
        var news = await TryPushAsync(due, cancellationToken).ConfigureAwait(false);
        told(news);
        if (news.Report is not { } report) return due;
        var unfinished = report.Targets.Where(target => target.IsUnfinished).Select(target => target.Target).ToHashSet();
        return [.. due.Where(target => unfinished.Contains(target.Scope))];
    }

    private async Task<WatchNews> TryPushAsync(IReadOnlyList<SyncTarget> due, CancellationToken cancellationToken)
    {
        try
        {
            return new(await push(due, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, e);
        }
    }

    private static TimeSpan Wait(int failures)
    {
        var wait = FirstRetry * Math.Pow(2, Math.Clamp(failures, 0, 10));
        return wait < LastRetry ? wait : LastRetry;
    }

    /// <param name="Failures">In a row.</param>
    private sealed record Retry(DateTimeOffset At, int Failures);
}

/// <param name="Report">Of a push that came to its end.</param>
/// <param name="Failure">What went wrong instead; mostly a <see cref="MillException"/>.</param>
public sealed record WatchNews(PushReport? Report, Exception? Failure);
