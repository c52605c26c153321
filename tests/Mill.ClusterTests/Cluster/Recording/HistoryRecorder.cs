using System.Collections.Concurrent;
using Mill.Testing.Histories;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>What all clients did and were told, on one clock.</summary>
internal sealed class HistoryRecorder
{
    private readonly ConcurrentQueue<Operation> _history = new();
    private readonly ConcurrentQueue<string> _surprises = new();
    private readonly ConcurrentDictionary<string, int> _latest = new(StringComparer.Ordinal);
    private long _clock;
    private long _latestCommit;
    private long _lastWrite;
    private long _longestSilence;
    private int _values;

    public int Count => _history.Count;

    public IReadOnlyList<Operation> History => [.. _history];

    /// <summary>Answers that no fault excuses.</summary>
    public IReadOnlyCollection<string> Surprises => _surprises;

    /// <summary>The latest commit time that anybody was told.</summary>
    public long LatestCommit => Interlocked.Read(ref _latestCommit);

    /// <summary>The longest time in which no write was acknowledged, between two that were. Roughly: it is only for the log.</summary>
    public TimeSpan LongestSilence => TimeProvider.System.GetElapsedTime(0, Interlocked.Read(ref _longestSilence));

    /// <summary>The latest version of a secret that anybody was told; zero where nobody was.</summary>
    public int LatestVersion(string name) => _latest.GetValueOrDefault(name);

    public long Now() => Interlocked.Increment(ref _clock);

    /// <summary>A value that nobody else sets.</summary>
    public string NewValue() => $"v{Interlocked.Increment(ref _values)}";

    /// <param name="answer">Null where none came, and what was asked for may have happened, or may happen yet.</param>
    public void Add(int client, SecretCall call, SecretAnswer? answer, long invoked)
    {
        _history.Enqueue(new(client, call, answer, invoked, answer is null ? Operation.Never : Now()));
        switch (answer)
        {
            case SecretAnswer.Written written:
                Learn(call.Names.First(), written.Version, written.ValidFrom);
                break;
            case SecretAnswer.Found found:
                Learn(call.Names.First(), found.Version.Number, found.Version.ValidFrom);
                break;
        }
        if (call.IsWrite && answer is SecretAnswer.Written or SecretAnswer.Committed or SecretAnswer.Deleted) HearOfWrite();
    }

    public void Surprise(string what) => _surprises.Enqueue(what);

    private void Learn(string name, int version, long? from)
    {
        _latest.AddOrUpdate(name, version, (_, known) => Math.Max(known, version));
        for (var known = LatestCommit; from > known && Interlocked.CompareExchange(ref _latestCommit, from.Value, known) != known; known = LatestCommit) continue;
    }

    private void HearOfWrite()
    {
        var now = TimeProvider.System.GetTimestamp();
        var silence = now - Interlocked.Exchange(ref _lastWrite, now);
        if (silence < now && silence > Interlocked.Read(ref _longestSilence)) Interlocked.Exchange(ref _longestSilence, silence);
    }
}
