using Mill.Secrets;

namespace Mill.Core.Language.Syntax;

/// <summary>A text with a name, and where in it something stands.</summary>
/// <param name="name">How messages call it.</param>
public sealed class SourceFile(string name, string text)
{
    private readonly List<int> _lines = LinesOf(text);

    public string Name => name;

    public string Text => text;

    public int LineCount => _lines.Count;

    /// <summary>The line and the character of a place, both from 1.</summary>
    public (int Line, int Column) PlaceOf(int index)
    {
        var found = _lines.BinarySearch(index);
        var line = found < 0 ? ~found - 1 : found;
        return (line + 1, index - _lines[line] + 1);
    }

    /// <param name="line">From 1.</param>
    /// <returns>It without its end.</returns>
    public string LineAt(int line)
    {
        var end = line < _lines.Count ? _lines[line] : text.Length;
        return text[_lines[line - 1]..end].TrimEnd('\r', '\n');
    }

    private static List<int> LinesOf(string text)
    {
        List<int> lines = [0];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' || (text[i] is '\r' && (i + 1 == text.Length || text[i + 1] is not '\n'))) lines.Add(i + 1);
        }
        return lines;
    }
}

/// <summary>Some characters of a file.</summary>
public readonly record struct TextSpan(int Start, int End)
{
    public int Length => End - Start;

    public string In(string text) => text[Start..End];
}

/// <summary>What is wrong with a file; everything at once, in the order of the file, up to as many as somebody may read.</summary>
internal sealed class Problems(SourceFile file)
{
    public const int Most = 100;

    private readonly List<(int Place, MillProblem Problem)> _found = [];

    public IReadOnlyList<MillProblem> All => [.. _found.OrderBy(found => found.Place).Select(found => found.Problem)];

    public int Count => _found.Count;

    /// <summary>Nothing more is taken, so nobody has to look any further.</summary>
    public bool IsFull => _found.Count == Most;

    /// <param name="place">A character of the file, or its end.</param>
    public void Add(int place, string detail)
    {
        if (IsFull) return;
        var (line, column) = file.PlaceOf(place);
        _found.Add((place, new(MillError.InvalidSpec.ToCode(), detail) { File = file.Name, Line = line, Column = column }));
    }

    public void Add(TextSpan span, string detail) => Add(span.Start, detail);
}
