using Microsoft.AspNetCore.Http;

namespace Mill.Tests.Sync;

/// <summary>
/// Lets several who ask one GitHub go on one at a time, request by request, in an order that a seed decides: whenever each of them waits for an answer or is done, one is let through. So the same seed is the same
/// history, to the last second of the clock.
/// </summary>
internal sealed class RivalSchedule(StubGitHub gitHub, HastyTime time, Random random)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);
    private TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;

    public async Task RunAsync(IReadOnlyDictionary<string, Func<Task>> rivals)
    {
        gitHub.Turns = WaitAsync;
        var runs = new List<Task>();
        foreach (var (_, run) in rivals.OrderBy(rival => rival.Key, StringComparer.Ordinal))
        {
            Begin();
            runs.Add(Task.Run(async () =>
            {
                try
                {
                    await run();
                }
                finally
                {
                    End();
                }
            }));
            await StoppedAsync();
        }
        while (Next() is { } next)
        {
            next.SetResult();
            await StoppedAsync();
        }
        gitHub.Turns = (_, _) => Task.CompletedTask;
        await Task.WhenAll(runs);
    }

    private Task WaitAsync(HttpRequest request, string who)
    {
        lock (_lock)
        {
            var turn = _waiting[who] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            End();
            return turn.Task;
        }
    }

    private TaskCompletionSource? Next()
    {
        lock (_lock)
        {
            if (_waiting.Count is 0) return null;
            var (who, turn) = _waiting.ElementAt(random.Next(_waiting.Count));
            _waiting.Remove(who);
            Begin();
            time.Advance(TimeSpan.FromMilliseconds(random.Next(2000, 4000)));
            return turn;
        }
    }

    private void Begin()
    {
        lock (_lock)
        {
            _running++;
            _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void End()
    {
        lock (_lock)
        {
            if (--_running is 0) _stopped.SetResult();
        }
    }

    private Task StoppedAsync()
    {
        lock (_lock) return _stopped.Task;
    }
}
