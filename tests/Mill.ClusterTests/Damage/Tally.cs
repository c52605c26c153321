namespace Mill.ClusterTests.Damage;

/// <summary>How the attempts ended.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, int> _endings = [];

    public int this[string ending] => _endings.GetValueOrDefault(ending);

    public void Count(string ending) => _endings[ending] = this[ending] + 1;

    public override string ToString() => $"{_endings.Values.Sum()} tried: {string.Join(", ", _endings.Select(pair => $"{pair.Value} {pair.Key}"))}";
}
