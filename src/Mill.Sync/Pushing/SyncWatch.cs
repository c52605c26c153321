using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>
/// Pushes the targets whose secrets change, as they change, until it is cancelled. Changes that come together, or while a push is at work, make one push. What failed is tried again, later each time; what is fine
/// does not wait for it.
/// </summary>
/// <param name="changes">Names of secrets of the vault that changed; an empty one where any of them may have. May end or throw at any time, and is asked for anew.</param>
/// <param name="push">One push of these targets.</param>
/// <param name="told">Told of each push, and of what kept one, or the changes, from going on. Must not throw.</param>
public sealed class SyncWatch(
    IReadOnlyList<SyncTarget> targets, Func<CancellationToken, IAsyncEnumerable<string>> changes, Func<IReadOnlyList<SyncTarget>, CancellationToken, Task<PushReport>> push, Action<WatchNews> told, TimeProvider time)
{
    /// <summary>How long a change waits for others to come with it.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);

    private readonly Channel<IReadOnlyList<SyncTarget>> _due = Channel.CreateUnbounded<IReadOnlyList<SyncTarget>>(new() { SingleReader = true });

    /// <summary>Begins with a push of all targets: what happened before is in no change. Throws only <see cref="OperationCanceledException"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _due.Writer.TryWrite(targets);
        await Task.WhenAll(FollowAsync(cancellationToken), PushAsync(cancellationToken)).ConfigureAwait(false);
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
                    _due.Writer.TryWrite(name is "" ? targets : [.. targets.Where(target => WantedSecrets.Concerns(target, name))]);
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                told(new(null, e));
            }
            await Task.Delay(Wait(failures), time, cancellationToken).ConfigureAwait(false);
            _due.Writer.TryWrite(targets); // changes may have passed unseen
        }
    }

    private async Task PushAsync(CancellationToken cancellationToken)
    {
        var (failing, failures) = (new HashSet<SyncTarget>(), 0);
        while (true)
        {
            var due = await NextAsync(failing, failures, cancellationToken).ConfigureAwait(false);
            var isRetry = failing.Overlaps(due);
            var left = await PushAsync(due, cancellationToken).ConfigureAwait(false);
            failing.ExceptWith(due);
            failing.UnionWith(left);
            if (failing.Count is 0) failures = 0;
            else if (isRetry || left.Count > 0) failures++;
        }
    }

    /// <summary>What changed; or what failed, once its time has come.</summary>
    private async Task<IReadOnlyList<SyncTarget>> NextAsync(HashSet<SyncTarget> failing, int failures, CancellationToken cancellationToken)
    {
        var due = new HashSet<SyncTarget>();
        if (failing.Count is 0) await _due.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        else
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var (timer, change) = (Task.Delay(Wait(failures - 1), time, enough.Token), _due.Reader.WaitToReadAsync(enough.Token).AsTask());
            if (await Task.WhenAny(timer, change).ConfigureAwait(false) == timer) due.UnionWith(failing);
            await enough.CancelAsync().ConfigureAwait(false);
            await Ended(timer);
            await Ended(change);
            cancellationToken.ThrowIfCancellationRequested();
        }
        if (due.Count is 0) await Task.Delay(Quiet, time, cancellationToken).ConfigureAwait(false);
        while (_due.Reader.TryRead(out var more)) due.UnionWith(more);
        return [.. targets.Where(due.Contains)];
    }

    private static ConfiguredTaskAwaitable Ended(Task task) => task.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);

    /// <summary>What is to be tried again.</summary>
    private async Task<IReadOnlyList<SyncTarget>> PushAsync(IReadOnlyList<SyncTarget> due, CancellationToken cancellationToken)
    {
        if (due.Count is 0) return [];
        try
        {
            var report = await push(due, cancellationToken).ConfigureAwait(false);
            told(new(report, null));
            var unfinished = report.Targets.Where(target => target.IsUnfinished).Select(target => target.Target).ToHashSet();
            return [.. due.Where(target => unfinished.Contains(target.Scope))];
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            told(new(null, e));
            return due;
        }
    }

    private static TimeSpan Wait(int failures)
    {
        var wait = FirstRetry * Math.Pow(2, Math.Clamp(failures, 0, 10));
        return wait < LastRetry ? wait : LastRetry;
    }
}

/// <param name="Report">Of a push that came to its end.</param>
/// <param name="Failure">What went wrong instead; mostly a <see cref="MillException"/>.</param>
public sealed record WatchNews(PushReport? Report, Exception? Failure);
