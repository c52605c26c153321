namespace Mill.State.Replica;

/// <summary>
/// One question for many readers. All that come while one is under way wait for the next one together: only a question that was sent after a reader came
/// tells that reader something.
/// </summary>
internal sealed class SharedBarrier(Func<Task<long>> ask)
{
    private readonly Lock _lock = new();
    private Task<long>? _underWay;
    private TaskCompletionSource<long>? _next;

    /// <summary>How many questions were asked.</summary>
    public long Asked { get; private set; }

    /// <summary>The answer to a question that is asked after this call.</summary>
    public Task<long> PassAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_underWay is null) return StartLocked().WaitAsync(cancellationToken);
            _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task.WaitAsync(cancellationToken);
        }
    }

    private Task<long> StartLocked()
    {
        Asked++;
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
            if (_next is not { } waiting) return;
            _next = null;
            _ = StartLocked().ContinueWith(
                static (answer, waiting) => ((TaskCompletionSource<long>)waiting!).SetFromTask(answer), waiting, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
