using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State.Replica;

public sealed class SharedBarrierTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly ManualTime _time = new();
    private readonly Queue<TaskCompletionSource<long>> _questions = new();
    private readonly SemaphoreSlim _asked = new(0);

    [Fact]
    public async Task Those_who_come_while_a_question_is_under_way_share_the_next_one()
    {
        var barrier = Barrier();
        var first = barrier.PassAsync();
        await _asked.WaitAsync();
        var (second, third) = (barrier.PassAsync(), barrier.PassAsync());
        _questions.Dequeue().SetResult(1);
        Assert.Equal(1, await first);
        await _asked.WaitAsync();
        Assert.False(second.IsCompleted);
        Assert.Single(_questions);
        _questions.Dequeue().SetResult(2);
        Assert.Equal((2, 2), (await second, await third));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Who_waits_behind_a_question_without_an_answer_is_told_in_time_and_the_next_ones_get_theirs()
    {
        var barrier = Barrier();
        var first = barrier.PassAsync();
        await _asked.WaitAsync();
        var waiting = barrier.PassAsync();
        _time.Advance(Patience);
        Assert.Equal(MillError.NoQuorum, (await Assert.ThrowsAsync<MillException>(() => waiting)).Error);
        var later = barrier.PassAsync();
        _questions.Dequeue().SetResult(1);
        await first;
        await _asked.WaitAsync();
        _questions.Dequeue().SetResult(2);
        Assert.Equal(2, await later);
    }

    [Fact]
    public async Task A_question_that_fails_fails_for_all_who_share_it()
    {
        var barrier = Barrier();
        var first = barrier.PassAsync();
        await _asked.WaitAsync();
        Task<long>[] others = [barrier.PassAsync(), barrier.PassAsync()];
        _questions.Dequeue().SetException(new MillException(MillError.NoLeader, "nobody"));
        await Assert.ThrowsAsync<MillException>(() => first);
        await _asked.WaitAsync();
        _questions.Dequeue().SetException(new MillException(MillError.NoQuorum, "too few"));
        foreach (var other in others) Assert.Equal(MillError.NoQuorum, (await Assert.ThrowsAsync<MillException>(() => other)).Error);
    }

    public void Dispose() => _asked.Dispose();

    private SharedBarrier Barrier() => new(
        () =>
        {
            var question = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _questions.Enqueue(question);
            _asked.Release();
            return question.Task;
        },
        Patience,
        _time,
        () => new MillException(MillError.NoQuorum, "too late"));
}
