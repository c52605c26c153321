namespace Mill.Simulation;

/// <summary>What happened in a run: counted, and its last steps kept as text for whoever looks into a failure.</summary>
internal sealed class Tally
{
    private const int Kept = 60;

    private readonly Queue<string> _steps = new();
    private HashCode _hash;

    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public int Events { get; set; }

    /// <summary>Equal for two runs that did the same.</summary>
    public int Hash => _hash.ToHashCode();

    public string LastSteps => string.Join('\n', _steps);

    public void Note(string step, string? kind = null)
    {
        if (kind is not null) Counts[kind] = Counts.GetValueOrDefault(kind) + 1;
        foreach (var c in step) _hash.Add(c);
        _steps.Enqueue(step);
        if (_steps.Count > Kept) _steps.Dequeue();
    }

    public void Answered(int number, string text)
    {
        var kind = text.StartsWith('!') ? text : text.EndsWith(" replayed", StringComparison.Ordinal) ? "replayed" : "answered";
        Note($"    answer {number}: {text}", kind);
    }

    public void Add(Tally other)
    {
        foreach (var (kind, count) in other.Counts) Counts[kind] = Counts.GetValueOrDefault(kind) + count;
        Events += other.Events;
    }
}
