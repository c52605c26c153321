using System.Numerics;
using System.Runtime.InteropServices;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>
/// Finds the patterns that begin at a place of a text. A filter says for nearly every place that there is none; behind it stands a hash table from the first bytes to the patterns that share them, which are
/// neighbours in the table of all and found by halving.
/// </summary>
/// <remarks>
/// Why no automaton: Aho and Corasick's reads every byte once, but that of ten thousand patterns has some 300,000 states, and one memory access per byte into tens of megabytes is slower than this, whose
/// filter stays in the cache. What it would give, a bound, is here nearly as well: a place costs at most one comparison with a pattern for each time the patterns can be halved, however many begin alike, and a
/// step for each pattern that begins another; both are bound by the longest pattern, and none by the text.
/// <para>It is a <see cref="SafeHandle"/> for its counting: what somebody reads is cleared when the last of them is done, or by the collector if nobody disposes it.</para>
/// </remarks>
internal sealed class PatternIndex : SafeHandle
{
    private const int LongestWindow = 8;

    private readonly PatternTable _patterns;
    private readonly WindowFilter _filter;
    private readonly (int First, int End)[] _groups; // by the hash of the window; the next place that is free where it is taken. An end of 0 is a free place.

    private PatternIndex(PatternTable patterns, WindowFilter filter, (int First, int End)[] groups)
        : base(0, ownsHandle: true) => (_patterns, _filter, _groups) = (patterns, filter, groups);

    /// <summary>How many first bytes the index goes by: no pattern has fewer.</summary>
    public int Window => _filter.Width;

    public override bool IsInvalid => false;

    public static PatternIndex Of(PatternList list)
    {
        var patterns = PatternTable.Of(list);
        var width = Math.Min(LongestWindow, patterns.Shortest);
        var groups = patterns.Groups(width);
        var index = new PatternIndex(patterns, new(width, groups.Count), new (int, int)[BitOperations.RoundUpToPowerOf2((uint)groups.Count * 2 + 1)]);
        foreach (var group in groups) index.Add(group);
        return index;
    }

    /// <summary>The first place from <paramref name="from"/> on at which a pattern may begin, or the end of the text.</summary>
    public int Next(ReadOnlySpan<byte> text, int from) => _filter.Next(text, from);

    /// <summary>How long the longest pattern is with which the text begins (0 where none is), and whether a longer one may be the text and something more.</summary>
    public (int Length, bool MayGoOn) Match(ReadOnlySpan<byte> text)
    {
        var (first, end) = _groups[PlaceOf(text)];
        return end is 0 ? default : _patterns.Match(text, first, end);
    }

    /// <summary>True where a pattern begins with the whole of this text and has more.</summary>
    public bool IsBeginning(ReadOnlySpan<byte> text) => _patterns.IsBeginning(text);

    protected override bool ReleaseHandle()
    {
        _patterns.Clear();
        _filter.Clear();
        Array.Clear(_groups);
        return true;
    }

    private void Add((int First, int End) group)
    {
        var text = _patterns[group.First];
        _groups[PlaceOf(text)] = group;
        _filter.Add(text);
    }

    private int PlaceOf(ReadOnlySpan<byte> text)
    {
        var place = _filter.Hash(text) >> 32;
        while (true)
        {
            place &= (uint)_groups.Length - 1;
            var (first, end) = _groups[place];
            if (end is 0 || text.StartsWith(_patterns[first][..Window])) return (int)place;
            place++;
        }
    }
}
