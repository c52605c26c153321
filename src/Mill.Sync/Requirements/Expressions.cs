using static Mill.Sync.Requirements.ExpressionTokenKind;

namespace Mill.Sync.Requirements;

/// <summary>Expressions of GitHub Actions (https://docs.github.com/en/actions/reference/workflows-and-actions/expressions): where they are in a text, and what they are made of.</summary>
internal static class Expressions
{
    private const string Begin = "${{";
    private const string End = "}}";

    public static bool AreIn(string text) => text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>What stands in braces. Where they are not closed it goes on to the end, as if somebody were still typing.</summary>
    public static IEnumerable<Range> In(string text)
    {
        var at = 0;
        while (text.IndexOf(Begin, at, StringComparison.Ordinal) is >= 0 and var begin)
        {
            var start = begin + Begin.Length;
            var end = start;
            // Braces in a text close nothing.
            for (var isText = false; end < text.Length && (isText || !text.AsSpan(end).StartsWith(End, StringComparison.Ordinal)); end++) isText ^= text[end] is '\'';
            yield return start..end;
            at = Math.Min(text.Length, end + End.Length);
        }
    }

    public static List<ExpressionToken> Read(string text, Range range)
    {
        var tokens = new List<ExpressionToken>();
        var (at, end) = (range.Start.GetOffset(text.Length), range.End.GetOffset(text.Length));
        while (at < end)
        {
            var token = Next(text, at, end, out var next);
            if (token is { } found) tokens.Add(found);
            at = next;
        }
        return tokens;
    }

    /// <returns>Null for space.</returns>
    private static ExpressionToken? Next(string text, int at, int end, out int next)
    {
        var first = text[at];
        next = at + 1;
        if (char.IsWhiteSpace(first)) return null;
        if (first is '\'') return ReadText(text, at, end, out next);
        if (char.IsAsciiLetter(first) || first is '_')
        {
            next = Run(text, at, end, static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            return new(Name, at, text[at..next]);
        }
        if (char.IsAsciiDigit(first))
        {
            next = Run(text, at, end, static c => char.IsAsciiLetterOrDigit(c) || c is '.');
            return new(Other, at, text[at..next]);
        }
        var kind = first switch
        {
            '.' => Dot,
            '[' => Opening,
            ']' => Closing,
            _ => Other,
        };
        return new(kind, at, text[at..next]);
    }

    /// <summary>Two quotes are one in it.</summary>
    private static ExpressionToken ReadText(string text, int at, int end, out int next)
    {
        for (next = at + 1; next < end; next++)
        {
            if (text[next] is not '\'') continue;
            if (next + 1 == end || text[next + 1] is not '\'') break;
            next++;
        }
        var value = text[(at + 1)..Math.Min(next, end)].Replace("''", "'", StringComparison.Ordinal);
        next = Math.Min(next + 1, end);
        return new(Text, at + 1, value);
    }

    private static int Run(string text, int at, int end, Func<char, bool> belongs)
    {
        while (at < end && belongs(text[at])) at++;
        return at;
    }
}
