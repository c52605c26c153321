namespace Mill.Secrets.Redaction.Patterns;

/// <summary>All patterns, each once, in the order of their bytes, so that those which begin alike are neighbours.</summary>
internal sealed class PatternTable
{
    private readonly byte[] _bytes; // pinned
    private readonly int[] _starts; // and at the end, where the last one ends
    private readonly int[] _prefixes; // the longest other pattern that this one begins with; -1 where there is none

    private PatternTable(byte[] bytes, int[] starts) => (_bytes, _starts, _prefixes) = (bytes, starts, new int[starts.Length - 1]);

    public ReadOnlySpan<byte> this[int pattern] => _bytes.AsSpan(_starts[pattern]..(_starts[pattern + 1]));

    private int Count => _prefixes.Length;

    /// <summary>How many bytes the shortest one has; very many where there is none.</summary>
    public int Shortest { get; private init; } = int.MaxValue;

    public static PatternTable Of(PatternList list)
    {
        var places = list.Sorted();
        var starts = new int[places.Count + 1];
        for (var i = 0; i < places.Count; i++) starts[i + 1] = starts[i] + places[i].Length;
        var bytes = PinnedBuffers.Rent(starts[^1]);
        for (var i = 0; i < places.Count; i++) list[places[i]].CopyTo(bytes.AsSpan(starts[i]));
        var table = new PatternTable(bytes, starts) { Shortest = places.Count is 0 ? int.MaxValue : places.Min(place => place.Length) };
        table.FindPrefixes();
        return table;
    }

    /// <summary>The neighbours that share their first <paramref name="width"/> bytes.</summary>
    public List<(int First, int End)> Groups(int width)
    {
        var groups = new List<(int First, int End)>();
        for (var (first, end) = (0, 0); first < Count; first = end)
        {
            while (end < Count && this[end].StartsWith(this[first][..width])) end++;
            groups.Add((first, end));
        }
        return groups;
    }

    /// <summary>How long the longest of these patterns is with which the text begins (0 where none is), and whether one of them is the text and something more.</summary>
    public (int Length, bool MayGoOn) Match(ReadOnlySpan<byte> text, int first, int end)
    {
        // What all of them share is compared once, however many they are; no one is shorter.
        var shared = this[first].CommonPrefixLength(this[end - 1]);
        var common = text.CommonPrefixLength(this[first][..shared]);
        if (common < shared) return (0, common == text.Length);
        var next = After(text, first, end, shared);
        var mayGoOn = next < end && this[next].StartsWith(text);
        return (next == first ? 0 : LongestPrefix(text, next - 1), mayGoOn);
    }

    /// <summary>True where a pattern begins with the whole of this text and has more.</summary>
    public bool IsBeginning(ReadOnlySpan<byte> text)
    {
        var next = After(text, 0, Count, 0);
        return next < Count && this[next].StartsWith(text);
    }

    public void Clear()
    {
        PinnedBuffers.Return(_bytes);
        Array.Clear(_starts);
        Array.Clear(_prefixes);
    }

    /// <summary>The first of these patterns that comes after the text in the order of bytes. The first <paramref name="shared"/> bytes are known to be the same.</summary>
    private int After(ReadOnlySpan<byte> text, int first, int end, int shared)
    {
        while (first < end)
        {
            var middle = first + (end - first) / 2;
            if (this[middle][shared..].SequenceCompareTo(text[shared..]) <= 0) first = middle + 1;
            else end = middle;
        }
        return first;
    }

    /// <summary>
    /// How long the longest pattern is with which the text begins, where <paramref name="before"/> is the last one before it. Such a pattern comes before the text, and all between the two begin with it:
    /// so it is that one, or begins it.
    /// </summary>
    private int LongestPrefix(ReadOnlySpan<byte> text, int before)
    {
        var common = this[before].CommonPrefixLength(text);
        while (before >= 0 && this[before].Length > common) before = _prefixes[before];
        return before < 0 ? 0 : this[before].Length;
    }

    private void FindPrefixes()
    {
        for (var pattern = 0; pattern < Count; pattern++)
        {
            var prefix = pattern - 1;
            while (prefix >= 0 && !this[pattern].StartsWith(this[prefix])) prefix = _prefixes[prefix];
            _prefixes[pattern] = prefix;
        }
    }
}
