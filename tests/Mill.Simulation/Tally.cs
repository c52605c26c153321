namespace Mill.Simulation;

/// <summary>What happened in a run: counted, and its last steps kept as text for whoever looks into a failure.</summary>
internal sealed class Tally
{
    private const int Kept = 60;

    // FNV-1a, which is the same in every process.
    private const ulong HashStart = 14695981039346656037;
    private const ulong HashFactor = 1099511628211;

    private readonly Queue<string> _steps = new();
    private ulong _hash = HashStart;
    private ulong _answers;

    public SortedDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public int Events { get; set; }

    /// <summary>Equal for two runs that did the same and were answered the same. Which of two answers that are there was looked at first does not matter.</summary>
    public ulong Hash => unchecked(_hash + _answers);

    public string LastSteps => string.Join('\n', _steps);

    public void Note(string step, string? kind = null)
    {
        _hash = Add(_hash, step);
        Keep(step, kind);
    }

    /// <summary>Counts what the steps do not tell.</summary>
    public void Count(string kind) => Counts[kind] = Counts.GetValueOrDefault(kind) + 1;

    public void Answered(int number, string text)
    {
        var kind = text.StartsWith('!') ? text : text.EndsWith(" replayed", StringComparison.Ordinal) ? "replayed" : "answered";
        var step = $"    answer {number}: {text}";
        _answers = unchecked(_answers + Add(HashStart, step));
        Keep(step, kind);
    }

    public void Add(IReadOnlyDictionary<string, int> counts, int events)
    {
        foreach (var (kind, count) in counts) Counts[kind] = Counts.GetValueOrDefault(kind) + count;
        Events += events;
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (var c in text) hash = unchecked((hash ^ c) * HashFactor);
        return unchecked((hash ^ '\n') * HashFactor);
    }

    private void Keep(string step, string? kind)
    {
        if (kind is not null) Count(kind);
        _steps.Enqueue(step);
        if (_steps.Count > Kept) _steps.Dequeue();
    }
}
