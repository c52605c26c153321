namespace Mill.Testing.Linearizability;

/// <summary>
/// Which operations have been put in the order. Nearly all of them are the earliest ones without a gap, so only the words from the first gap on are ever copied: a set costs what
/// the clients did at once, however long the history is. That is what makes a quiet moment a cut.
/// </summary>
internal sealed class LinearizedSet(int count)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(count / WordBits) + 1];
    private int _first; // every word before it is full
    private int _end; // no word from here on holds anything

    public void Add(int index)
    {
        _words[index / WordBits] |= 1UL << (index % WordBits);
        _end = Math.Max(_end, (index / WordBits) + 1);
        while (_words[_first] == ulong.MaxValue) _first++;
    }

    public void Remove(int index)
    {
        _words[index / WordBits] &= ~(1UL << (index % WordBits));
        _first = Math.Min(_first, index / WordBits);
        while (_end > 0 && _words[_end - 1] == 0) _end--;
    }

    public (int First, ulong[] Words) Window() => (_first, _first < _end ? _words[_first.._end] : []);
}

/// <summary>A place in the search. Two ways that lead to the same one have the same future, and only one of them is gone.</summary>
internal sealed class Place<TState> : IEquatable<Place<TState>>
    where TState : class, IEquatable<TState>
{
    private readonly int _first;
    private readonly ulong[] _words;
    private readonly ulong[] _unknown;
    private readonly TState _state;
    private readonly int _hash;

    public Place(LinearizedSet known, ulong[] unknown, TState state)
    {
        (_first, _words) = known.Window();
        (_unknown, _state) = (unknown, state);
        var hash = new HashCode();
        hash.Add(_first);
        foreach (var word in _words) hash.Add(word);
        foreach (var word in unknown) hash.Add(word);
        hash.Add(state);
        _hash = hash.ToHashCode();
    }

    public bool Equals(Place<TState>? other) => other is not null && _hash == other._hash && _first == other._first
        && _words.AsSpan().SequenceEqual(other._words) && _unknown.AsSpan().SequenceEqual(other._unknown) && _state.Equals(other._state);

    public override bool Equals(object? obj) => Equals(obj as Place<TState>);

    public override int GetHashCode() => _hash;
}
