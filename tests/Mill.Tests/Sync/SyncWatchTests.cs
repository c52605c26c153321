using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SyncWatchTests
{
    private static readonly SyncTarget Web = Target("acme/web", "a", "b");
    private static readonly SyncTarget Api = Target("acme/api", "b", "c");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HastyTime _time = new();
    private readonly Channel<string> _changes = Channel.CreateUnbounded<string>();
    private readonly Channel<IReadOnlyList<SyncTarget>> _pushes = Channel.CreateUnbounded<IReadOnlyList<SyncTarget>>();
    private readonly List<WatchNews> _news = [];
    private Func<IReadOnlyList<SyncTarget>, PushReport> _push = targets => Report(targets, _ => true);
    private int _followed;
    private int _taken;

    [Fact]
    public async Task A_change_pushes_the_targets_that_have_it()
    {
        await using var watch = Start();
        Assert.Equal([Web, Api], await watch.NextAsync());
        _changes.Writer.TryWrite("a");
        Assert.Equal([Web], await watch.NextAsync());
        _changes.Writer.TryWrite("nobodys");
        _changes.Writer.TryWrite("c");
        Assert.Equal([Api], await watch.NextAsync());
        _changes.Writer.TryWrite("");
        Assert.Equal([Web, Api], await watch.NextAsync());
    }

    [Fact]
    public async Task Changes_during_a_push_make_one_push_after_it()
    {
        var gate = new SemaphoreSlim(0);
        var isFirst = true;
        _push = targets =>
        {
            if (isFirst) gate.Wait(Patience);
            isFirst = false;
            return Report(targets, _ => true);
        };
        await using var watch = Start();
        await watch.NextAsync();
        for (var i = 0; i < 100; i++) _changes.Writer.TryWrite(i % 2 is 0 ? "a" : "c");
        while (Volatile.Read(ref _taken) < 100) await Task.Yield();
        gate.Release();
        Assert.Equal([Web, Api], await watch.NextAsync());
        _changes.Writer.TryWrite("b");
        Assert.Equal([Web, Api], await watch.NextAsync());
    }

    [Fact]
    public async Task What_failed_is_tried_again_and_nothing_ends_it()
    {
        var pushes = 0;
        _push = targets => ++pushes switch
        {
            1 => throw new InvalidOperationException("broken"),
            2 => Report(targets, target => target == Api),
            3 => throw new MillException(MillError.Unreachable, "away"),
            _ => Report(targets, _ => true),
        };
        await using var watch = Start();
        Assert.Equal([Web, Api], await watch.NextAsync());
        Assert.Equal([Web, Api], await watch.NextAsync());
        Assert.Equal([Web], await watch.NextAsync());
        Assert.Equal([Web], await watch.NextAsync());
        _changes.Writer.TryWrite("c");
        Assert.Equal([Api], await watch.NextAsync());
        Assert.Contains(TimeSpan.FromSeconds(5), _time.Waits);
        Assert.Contains(TimeSpan.FromSeconds(10), _time.Waits);
        lock (_news) Assert.Equal(2, _news.Count(news => news.Failure is not null));
    }

    [Fact]
    public async Task Changes_that_break_off_are_taken_up_and_all_targets_looked_at()
    {
        await using var watch = Start();
        await watch.NextAsync();
        _changes.Writer.TryWrite("!");
        Assert.Equal([Web, Api], await watch.NextAsync());
        _changes.Writer.TryWrite("a");
        Assert.Equal([Web], await watch.NextAsync());
        Assert.Equal(2, _followed);
    }

    private Running Start()
    {
        var stop = new CancellationTokenSource();
        var watch = new SyncWatch([Web, Api], FollowAsync, PushAsync, Tell, _time);
        return new(Task.Run(() => watch.RunAsync(stop.Token)), stop, _pushes);
    }

    private void Tell(WatchNews news)
    {
        lock (_news) _news.Add(news);
    }

    private async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (++_followed > 1) yield return ""; // connected again
        await foreach (var name in _changes.Reader.ReadAllAsync(cancellationToken))
        {
            if (name is "!") throw new MillException(MillError.Unreachable, "gone");
            yield return name;
            Interlocked.Increment(ref _taken);
        }
    }

    private Task<PushReport> PushAsync(IReadOnlyList<SyncTarget> targets, CancellationToken cancellationToken)
    {
        _pushes.Writer.TryWrite(targets);
        return Task.FromResult(_push(targets));
    }

    private static PushReport Report(IReadOnlyList<SyncTarget> targets, Func<SyncTarget, bool> isFine) =>
        new([.. targets.Select(target => new TargetReport(target.Scope, [], isFine(target) ? null : new(MillError.Forbidden, "no")))], null);

    private static SyncTarget Target(string scope, params string[] secrets) => new(Scopes.Of(scope), secrets.ToDictionary(secret => secret.ToUpperInvariant()), null);

    private sealed class Running(Task task, CancellationTokenSource stop, Channel<IReadOnlyList<SyncTarget>> pushes) : IAsyncDisposable
    {
        public async Task<IReadOnlyList<SyncTarget>> NextAsync() => await pushes.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience));
            stop.Dispose();
        }
    }
}
