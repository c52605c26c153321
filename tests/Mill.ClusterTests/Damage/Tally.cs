namespace Mill.ClusterTests.Damage;

/// <summary>How the attempts ended.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, int> _endings = [];

    public int this[string ending] => _endings.GetValueOrDefault(ending);

    /// <summary>May be called by several at once.</summary>
    public void Count(string ending)
    {
        lock (_endings) _endings[ending] = this[ending] + 1;
    }

    public override string ToString() => $"{_endings.Values.Sum()} tried: {string.Join(", ", _endings.Select(pair => $"{pair.Value} {pair.Key}"))}";
}
