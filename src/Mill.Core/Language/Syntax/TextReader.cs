using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Mill.Core.Language.Syntax;

/// <summary>What a text in quotes, or one over several lines, says.</summary>
internal sealed class TextReader(string text, Problems problems)
{
    private readonly StringBuilder _said = new();
    private readonly ImmutableArray<int>.Builder _places = ImmutableArray.CreateBuilder<int>();

    public static TextSyntax Quoted(string text, TextSpan span, Problems problems)
    {
        var reader = new TextReader(text, problems);
        var end = span.Length > 1 && text[span.End - 1] is '"' ? span.End - 1 : span.End;
        for (var i = span.Start + 1; i < end;) i = text[i] is '\\' ? reader.Escape(i, end) : reader.Say(text[i], i);
        return reader.Syntax(span);
    }

    /// <summary>No escapes. After <c>&lt;&lt;-</c> the blanks that begin every line fall away.</summary>
    public static TextSyntax Heredoc(string text, TextSpan span, Problems problems)
    {
        var reader = new TextReader(text, problems);
        var lines = LinesOf(text, span);
        var isIndented = text[span.Start + 2] is '-';
        var margin = isIndented ? lines.Where(line => line.Length > 0).Select(line => Blanks(text, line)).DefaultIfEmpty().Min() : 0;
        foreach (var line in lines)
        {
            for (var i = Math.Min(line.Start + margin, line.End); i < line.End; i++) reader.Say(text[i], i);
            reader.Say('\n', line.End);
        }
        return reader.Syntax(span);
    }

    private TextSyntax Syntax(TextSpan span)
    {
        var (said, places) = (_said.ToString(), _places.ToImmutable());
        // Neither environments nor arguments nor UTF-8 can hold them.
        for (var i = 0; i < said.Length; i++)
        {
            if (char.IsSurrogatePair(said, i)) i++;
            else if (said[i] is '\0' || char.IsSurrogate(said[i])) problems.Add(places[i], said[i] is '\0' ? "A text cannot hold the character 0." : "This is half a character: \\u stands here without the other half.");
        }
        return new(span, said, places);
    }

    /// <returns>The place after it.</returns>
    private int Say(char c, int place, int length = 1)
    {
        _said.Append(c);
        _places.Add(place);
        return place + length;
    }

    private int Escape(int place, int end)
    {
        switch (place + 1 < end ? text[place + 1] : '\0')
        {
            case 'n': return Say('\n', place, 2);
            case 'r': return Say('\r', place, 2);
            case 't': return Say('\t', place, 2);
            case '"': return Say('"', place, 2);
            case '\\': return Say('\\', place, 2);
            case 'u' when place + 6 <= end && ushort.TryParse(text.AsSpan(place + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                return Say((char)code, place, 6);
            default:
                problems.Add(place, "A backslash stands before n, r, t, \", \\ or u with four hex digits. Write \\\\ for the backslash itself.");
                return Say('\\', place);
        }
    }

    /// <summary>Those between the first, with the mark, and the last, with the mark.</summary>
    private static List<TextSpan> LinesOf(string text, TextSpan span)
    {
        var lines = new List<TextSpan>();
        var start = span.Start;
        for (var i = span.Start; i < span.End; i++)
        {
            if (text[i] is not ('\r' or '\n')) continue;
            lines.Add(new(start, i));
            if (text[i] is '\r' && i + 1 < span.End && text[i + 1] is '\n') i++;
            start = i + 1;
        }
        return lines.Count is 0 ? lines : lines[1..];
    }

    private static int Blanks(string text, TextSpan line)
    {
        var blanks = 0;
        while (blanks < line.Length && text[line.Start + blanks] is ' ' or '\t') blanks++;
        return blanks;
    }
}
