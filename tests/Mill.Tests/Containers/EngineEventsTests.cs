using System.Threading.Channels;
using Mill.Node.Agent;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class EngineEventsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly Channel<TaskCompletionSource> _streams = Channel.CreateUnbounded<TaskCompletionSource>();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task An_Engine_that_ends_its_events_at_once_is_asked_less_and_less_often_and_wakes_nobody_a_second_time()
    {
        await using var engine = await FakeEngine.StartAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            var end = new TaskCompletionSource();
            _streams.Writer.TryWrite(end);
            await end.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using var node = new TestNode(engine.Address, _time);
        var bell = node.Parts.Wakes.Begin("c1");
        var run = RunAsync(node);

        var stream = await _streams.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        await bell.WaitAsync(Timeout.InfiniteTimeSpan, _time, default).WaitAsync(Patience);
        foreach (var seconds in new[] { 1, 5, 30, 60, 60 })
        {
            (stream, var after) = await NextAsync(stream);
            Assert.Equal(TimeSpan.FromSeconds(seconds), after);
        }
        using var look = new CancellationTokenSource();
        var rung = bell.WaitAsync(Timeout.InfiniteTimeSpan, _time, look.Token);
        Assert.False(rung.IsCompleted);
        await look.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rung);

        // This one lasts: who knows what comes to pass after it.
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromSeconds(1), (await NextAsync(stream)).After);
        await bell.WaitAsync(Timeout.InfiniteTimeSpan, _time, default).WaitAsync(Patience);
        await EndAsync(run);
    }

    [Fact]
    public async Task An_Engine_that_was_away_is_listened_to_as_soon_as_it_is_back()
    {
        var attempts = Channel.CreateUnbounded<DateTimeOffset>();
        await using var engine = await FakeEngine.StartAsync(context =>
        {
            attempts.Writer.TryWrite(_time.GetUtcNow());
            context.Abort();
            return Task.CompletedTask;
        });
        using var node = new TestNode(engine.Address, _time);
        var (began, run, seen) = (_time.GetUtcNow(), RunAsync(node), new SortedSet<DateTimeOffset>());
        while (seen.Count < 6)
        {
            var next = attempts.Reader.ReadAsync().AsTask();
            await _time.AdvanceUntilAsync(next, TimeSpan.FromSeconds(1)).WaitAsync(Patience);
            seen.Add(await next);
        }
        Assert.Equal(Enumerable.Range(0, 6).Select(second => began.AddSeconds(second)), seen);
        await EndAsync(run);
    }

    private Task RunAsync(TestNode node) => new EngineEvents(node.Options, node.Parts.Docker, new EngineWatch(node.Parts.Docker, _time, TimeSpan.FromSeconds(2)), node.Parts).RunAsync(_stop.Token);

    /// <summary>Ends one, and waits until the next is asked for.</summary>
    private async Task<(TaskCompletionSource Stream, TimeSpan After)> NextAsync(TaskCompletionSource stream)
    {
        var (ended, next) = (_time.GetUtcNow(), _streams.Reader.ReadAsync().AsTask());
        stream.SetResult();
        await _time.AdvanceUntilAsync(next, TimeSpan.FromSeconds(1)).WaitAsync(Patience);
        return (await next, _time.GetUtcNow() - ended);
    }

    private async Task EndAsync(Task run)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }
}
