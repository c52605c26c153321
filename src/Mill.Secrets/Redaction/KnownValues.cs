namespace Mill.Secrets.Redaction;

/// <summary>The last values of one name, the newest at the end.</summary>
internal sealed class KnownValues : IDisposable
{
    private readonly List<SecretValue> _values = [];

    public IEnumerable<SecretValue> All => _values;

    /// <summary>Adds a copy, and lets go of the oldest where there are too many. False where nothing new is known after it.</summary>
    public bool Add(SecretValue value)
    {
        var known = _values.IndexOf(value);
        // What was current once may be current again: then it is the last to go.
        var copy = known < 0 ? value.Reveal(SecretValue.FromBytes) : _values[known];
        if (known >= 0) _values.RemoveAt(known);
        _values.Add(copy);
        if (_values.Count > RedactionSet.KeptPerName) Drop(0);
        return known < 0;
    }

    /// <summary>Adds a copy of a value that may become the current one, or never will: the current one is not the one to go for it. False where nothing new is known after it.</summary>
    public bool AddBefore(SecretValue value)
    {
        if (_values.Contains(value)) return false;
        _values.Insert(Math.Max(_values.Count - 1, 0), value.Reveal(SecretValue.FromBytes));
        if (_values.Count > RedactionSet.KeptPerName) Drop(0);
        return true;
    }

    public void Dispose()
    {
        while (_values.Count > 0) Drop(_values.Count - 1);
    }

    private void Drop(int place)
    {
        _values[place].Dispose();
        _values.RemoveAt(place);
    }
}
