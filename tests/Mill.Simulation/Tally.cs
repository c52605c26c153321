namespace Mill.Simulation;

/// <summary>What happened in a run: counted, and its last steps kept as text for whoever looks into a failure.</summary>
internal sealed class Tally
{
    private const int Kept = 60;

    private readonly Queue<string> _steps = new();
    private HashCode _hash;
    private int _answers;

    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public int Events { get; set; }

    /// <summary>Equal for two runs that did the same and were answered the same. Which of two answers that are there was looked at first does not matter.</summary>
    public int Hash => HashCode.Combine(_hash.ToHashCode(), _answers);

    public string LastSteps => string.Join('\n', _steps);

    public void Note(string step, string? kind = null)
    {
        foreach (var c in step) _hash.Add(c);
        Keep(step, kind);
    }

    /// <summary>Counts what the steps do not tell.</summary>
    public void Count(string kind) => Counts[kind] = Counts.GetValueOrDefault(kind) + 1;

    public void Answered(int number, string text)
    {
        var kind = text.StartsWith('!') ? text : text.EndsWith(" replayed", StringComparison.Ordinal) ? "replayed" : "answered";
        var step = $"    answer {number}: {text}";
        _answers += string.GetHashCode(step, StringComparison.Ordinal);
        Keep(step, kind);
    }

    public void Add(Tally other)
    {
        foreach (var (kind, count) in other.Counts) Counts[kind] = Counts.GetValueOrDefault(kind) + count;
        Events += other.Events;
    }

    private void Keep(string step, string? kind)
    {
        if (kind is not null) Count(kind);
        _steps.Enqueue(step);
        if (_steps.Count > Kept) _steps.Dequeue();
    }
}
