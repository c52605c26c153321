using System.Collections.Concurrent;
using Mill.Testing.Histories;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>What all clients did and were told, on one clock.</summary>
internal sealed class HistoryRecorder
{
    private readonly ConcurrentQueue<Operation> _history = new();
    private readonly ConcurrentQueue<string> _surprises = new();
    private long _clock;
    private int _values;

    public IReadOnlyList<Operation> History => [.. _history];

    /// <summary>Answers that no fault excuses.</summary>
    public IReadOnlyCollection<string> Surprises => _surprises;

    public long Now() => Interlocked.Increment(ref _clock);

    /// <summary>A value that nobody else sets.</summary>
    public string NewValue() => $"v{Interlocked.Increment(ref _values)}";

    /// <param name="answer">Null where none came, and what was asked for may have happened, or may happen yet.</param>
    public void Add(int client, SecretCall call, SecretAnswer? answer, long invoked) =>
        _history.Enqueue(new(client, call, answer, invoked, answer is null ? Operation.Never : Now()));

    public void Surprise(string what) => _surprises.Enqueue(what);
}
