using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>When a watch pushes, on a clock that only the test moves.</summary>
public sealed class SyncWatchTimeTests
{
    private static readonly SyncTarget Web = Target("acme/web", "a");
    private static readonly SyncTarget Api = Target("acme/api", "b");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly Channel<string> _changes = Channel.CreateUnbounded<string>();
    private readonly Channel<IReadOnlyList<SyncTarget>> _pushes = Channel.CreateUnbounded<IReadOnlyList<SyncTarget>>();
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();
    private readonly HashSet<SyncTarget> _failing = [];
    private Action<WatchNews> _told = _ => { };
    private int _taken;

    [Fact]
    public async Task The_time_of_a_retry_is_kept_whatever_else_changes()
    {
        using var stop = new CancellationTokenSource();
        _failing.Add(Web);
        var watch = Task.Run(() => NewWatch().RunAsync(stop.Token));
        Assert.Equal([Web, Api], await NextAsync(SyncWatch.Quiet));
        await ArmedAsync(TimeSpan.FromSeconds(5));
        // Something changes every second, which is nobody's.
        for (var second = 1; second < 5; second++)
        {
            await ChangeAsync("nobodys");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.False(_pushes.Reader.TryPeek(out _));
        _failing.Clear();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([Web], await ReadAsync());
        await ChangeAsync("b");
        Assert.Equal([Api], await NextAsync(SyncWatch.Quiet));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_change_of_another_target_does_not_put_off_a_retry()
    {
        using var stop = new CancellationTokenSource();
        _failing.Add(Web);
        var watch = Task.Run(() => NewWatch().RunAsync(stop.Token));
        Assert.Equal([Web, Api], await NextAsync(SyncWatch.Quiet));
        var left = TimeSpan.FromSeconds(5);
        for (var changes = 0; changes < 4; changes++)
        {
            await ArmedAsync(left);
            await ChangeAsync("b");
            Assert.Equal([Api], await NextAsync(SyncWatch.Quiet));
            left -= SyncWatch.Quiet;
        }
        Assert.Equal([Web], await NextAsync(left));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch.WaitAsync(Patience));
    }

    [Fact]
    public async Task Where_nobody_can_be_told_it_ends()
    {
        _told = _ => throw new IOException("closed");
        var watch = Task.Run(() => NewWatch().RunAsync(CancellationToken.None));
        await NextAsync(SyncWatch.Quiet);
        await Assert.ThrowsAsync<IOException>(() => watch.WaitAsync(Patience));
    }

    private SyncWatch NewWatch() => new([Web, Api], FollowAsync, PushAsync, news => _told(news), new Heard(_time, _waits.Writer));

    /// <summary>Lets that time pass once somebody waits for it, and returns what is pushed then.</summary>
    private async Task<IReadOnlyList<SyncTarget>> NextAsync(TimeSpan wait)
    {
        await ArmedAsync(wait);
        _time.Advance(wait);
        return await ReadAsync();
    }

    private Task<IReadOnlyList<SyncTarget>> ReadAsync() => _pushes.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private async Task ArmedAsync(TimeSpan wait)
    {
        while (await _waits.Reader.ReadAsync().AsTask().WaitAsync(Patience) != wait)
        {
            // One of before.
        }
    }

    private async Task ChangeAsync(string name)
    {
        var before = Volatile.Read(ref _taken);
        _changes.Writer.TryWrite(name);
        using var limit = new CancellationTokenSource(Patience);
        while (Volatile.Read(ref _taken) == before)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var name in _changes.Reader.ReadAllAsync(cancellationToken))
        {
            yield return name;
            Interlocked.Increment(ref _taken);
        }
    }

    private Task<PushReport> PushAsync(IReadOnlyList<SyncTarget> targets, CancellationToken cancellationToken)
    {
        PushReport report = new([.. targets.Select(target => new TargetReport(target.Scope, [], _failing.Contains(target) ? new(MillError.Unreachable, "away") : null))], null);
        _pushes.Writer.TryWrite(targets);
        return Task.FromResult(report);
    }

    private static SyncTarget Target(string scope, params string[] secrets) => new(Scopes.Of(scope), secrets.ToDictionary(secret => secret.ToUpperInvariant()), null);

    /// <summary>A clock that tells what it is asked to wait for.</summary>
    private sealed class Heard(ManualTime time, ChannelWriter<TimeSpan> waits) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = time.CreateTimer(callback, state, dueTime, period);
            waits.TryWrite(dueTime);
            return timer;
        }
    }
}
