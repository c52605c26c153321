namespace Mill.State.Replica;

/// <summary>
/// One question for many readers. All that come while one is under way wait for the next one together: only a question that was sent after a reader came
/// tells that reader something.
/// </summary>
/// <param name="ask">Answers or fails, in no more than the time that readers wait.</param>
/// <param name="patience">How long a reader waits at most. It counts from the first of those who wait together: a timer for each would cost more than the read.</param>
/// <param name="late">What a reader is told then.</param>
internal sealed class SharedBarrier(Func<Task<long>> ask, TimeSpan patience, TimeProvider time, Func<Exception> late)
{
    private readonly Lock _lock = new();
    private Task<long>? _underWay;
    private Round? _next;

    /// <summary>The answer to a question that is asked after this call.</summary>
    public Task<long> PassAsync()
    {
        lock (_lock)
        {
            if (_underWay is null) return StartLocked();
            _next ??= new(this);
            return _next.Answer;
        }
    }

    private Task<long> StartLocked()
    {
        var asking = Task.Run(ask);
        _underWay = asking;
        _ = asking.ContinueWith(static (_, barrier) => ((SharedBarrier)barrier!).Next(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return asking;
    }

    private void Next()
    {
        lock (_lock)
        {
            _underWay = null;
            if (_next is not { } round) return;
            _next = null;
            _ = StartLocked().ContinueWith(
                static (answer, round) => ((Round)round!).End(answer), round, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private ITimer Await(Round round) => time.CreateTimer(_ => GiveUp(round), null, patience, Timeout.InfiniteTimeSpan);

    private void GiveUp(Round round)
    {
        lock (_lock)
        {
            if (_next == round) _next = null;
        }
        round.Fail(late());
    }

    /// <summary>Those who wait for one question together.</summary>
    private sealed class Round
    {
        private readonly TaskCompletionSource<long> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ITimer _timer;

        public Round(SharedBarrier barrier) => _timer = barrier.Await(this);

        public Task<long> Answer => _answer.Task;

        public void Fail(Exception failure)
        {
            _timer.Dispose();
            _answer.TrySetException(failure);
        }

        public void End(Task<long> answer)
        {
            _timer.Dispose();
            _answer.TrySetFromTask(answer);
        }
    }
}
