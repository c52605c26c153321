using System.Diagnostics;

namespace Mill.Benchmarks.Load;

/// <summary>
/// Closed-loop load: every connection sends its next request as soon as it has its answer. One thread for all of them, so that the generator takes no
/// more than one core from the server it measures.
/// </summary>
internal sealed class LoadRun(LoadPlan plan) : IDisposable
{
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(10);

    private readonly LatencyHistogram _latencies = new();
    private readonly Workload _workload = Workload.For(plan);
    private readonly Epoll _epoll = new(plan.Connections);
    private readonly LoadConnection[] _connections = [.. Enumerable.Range(0, plan.Connections).Select(_ => LoadConnection.To(plan))];
    private long _sent;
    private long _failures;
    private string? _firstFailure;
    private readonly Queue<LoadConnection> _idle = [];
    private int _busy;
    private bool _isDone;

    /// <summary>Throws <see cref="IOException"/> or <see cref="TimeoutException"/> where the server does not play along.</summary>
    public LoadResult Run()
    {
        for (var index = 0; index < _connections.Length; index++) _epoll.Watch(_connections[index].Descriptor, index);
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(plan.Seconds * Stopwatch.Frequency);
        foreach (var connection in _connections) _idle.Enqueue(connection);
        var finished = start;
        while (true)
        {
            var wait = SendDue(start, end);
            if (_busy == 0 && (_isDone || Stopwatch.GetTimestamp() >= end)) break;
            var ready = _epoll.Wait(wait);
            var now = Stopwatch.GetTimestamp();
            if (now > end && Stopwatch.GetElapsedTime(end, now) > LastAnswers) throw new TimeoutException("Some requests were not answered.");
            for (var position = 0; position < ready; position++)
            {
                if (Receive(_connections[_epoll.At(position)]) is not { } answered) continue;
                finished = answered;
                _idle.Enqueue(_connections[_epoll.At(position)]);
            }
        }
        return Result(Stopwatch.GetElapsedTime(start, finished));
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        _epoll.Dispose();
    }

    /// <summary>Sends what may be sent now, and returns for how many milliseconds there is nothing to do but to wait for answers.</summary>
    private int SendDue(long start, long end)
    {
        while (_idle.Count > 0 && !_isDone)
        {
            var now = Stopwatch.GetTimestamp();
            if (now >= end) return 100;
            var early = plan.Rate > 0 ? (_sent / plan.Rate) - Stopwatch.GetElapsedTime(start, now).TotalSeconds : 0;
            if (early > 0) return Math.Max(1, (int)(early * 1000));
            _isDone = !TrySend(_idle.Peek(), now);
            if (!_isDone) _idle.Dequeue();
        }
        return 100;
    }

    private bool TrySend(LoadConnection connection, long now)
    {
        if (_sent == plan.MaxRequests) return false;
        var request = _workload.Next();
        if (request.IsEmpty) return false;
        _sent++;
        _busy++;
        connection.Send(request, now);
        return true;
    }

    /// <summary>When the answer was complete; null while it is not.</summary>
    private long? Receive(LoadConnection connection)
    {
        if (!connection.Receive()) return null;
        var now = Stopwatch.GetTimestamp();
        _busy--;
        _latencies.Record(now - connection.SentAt);
        if (connection.Status is >= 200 and < 300) return now;
        _failures++;
        _firstFailure ??= connection.AnswerText;
        return now;
    }

    private LoadResult Result(TimeSpan elapsed) => new()
    {
        Requests = _latencies.Count,
        Failures = _failures,
        FirstFailure = _firstFailure,
        PerSecond = _latencies.Count == 0 ? 0 : _latencies.Count / elapsed.TotalSeconds,
        P50 = Milliseconds(_latencies.Percentile(0.5)),
        P90 = Milliseconds(_latencies.Percentile(0.9)),
        P99 = Milliseconds(_latencies.Percentile(0.99)),
        Max = Milliseconds(_latencies.Max),
    };

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}
