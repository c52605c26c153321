using System.Text;
using Mill.Core.Language.Syntax;
using Mill.Secrets;

namespace Mill.Core.Language;

/// <summary>
/// A file as everybody writes it: two blanks for each level, one around <c>=</c>, the <c>=</c> of neighbouring lines below each other, one empty line at most. What stands on which line stays as it
/// is, and so do comments.
/// </summary>
public sealed class MillFormat
{
    private readonly string _text;
    private readonly List<FormatLine> _lines = [];
    private readonly Stack<TokenKind> _open = new();

    private MillFormat(string text) => _text = text;

    /// <summary>
    /// Throws <see cref="MillError.InvalidSpec"/> where it is no such file, and <see cref="MillError.TooLarge"/>; whether what it says makes sense does not matter. What comes back was read again,
    /// and says the same.
    /// </summary>
    public static string Format(SourceFile file)
    {
        if (file.Text.Length > MillFile.MaxLength) throw new MillException(MillError.TooLarge, $"{file.Name} has more than 1 MiB.");
        var problems = new Problems(file);
        var before = Parser.Parse(file.Text, problems);
        if (problems.Count > 0) throw new MillException(MillError.InvalidSpec, $"{file.Name} cannot be read, and stays as it is.") { Problems = problems.All };
        var format = new MillFormat(file.Text);
        format.Cut(Lexer.Read(file.Text, problems));
        format.Align();
        var text = format.Write();
        // Nobody looks at what becomes of a file that was tidied: it says what it said, or it stays as it is.
        var after = Parser.Parse(text, problems);
        if (problems.Count > 0 || !SyntaxText.Of(after).Equals(SyntaxText.Of(before), StringComparison.Ordinal)) throw new MillException(MillError.Internal, $"{file.Name} cannot be tidied without a change of what it says, and stays as it is.");
        return text;
    }

    /// <summary>Lines as the file has them.</summary>
    private void Cut(List<Token> tokens)
    {
        var line = new List<Token>();
        var blanks = 0;
        foreach (var token in tokens)
        {
            var isBreak = token.Kind is TokenKind.End || (token.Kind is TokenKind.Separator && _text[token.Start] is not ';');
            if (!isBreak)
            {
                line.Add(token);
                continue;
            }
            if (line.Count is 0)
            {
                blanks++;
                continue;
            }
            Add(line, blanks > 0);
            (line, blanks) = ([], 0);
        }
    }

    private void Add(List<Token> tokens, bool isAfterBlank)
    {
        var isCloser = tokens[0].Kind is TokenKind.CloseBrace or TokenKind.CloseBracket;
        var isAfterOpener = _lines.Count is 0 || _lines[^1].IsOpener;
        var level = _open.Count - tokens.TakeWhile(token => token.Kind is TokenKind.CloseBrace or TokenKind.CloseBracket).Count();
        var (text, sign) = Spaced(tokens);
        var isOpener = tokens.FindLast(token => token.Kind is not TokenKind.Comment).Kind is TokenKind.OpenBrace or TokenKind.OpenBracket;
        _lines.Add(new(Math.Max(0, level), text, sign, isAfterBlank && !isAfterOpener && !isCloser, isOpener, IsLast: isOpener || text.Contains('\n', StringComparison.Ordinal)));
    }

    /// <summary>The tokens of a line with their blanks, and where the = is that a neighbour's may stand below; -1 where there is none.</summary>
    private (string Text, int Sign) Spaced(List<Token> tokens)
    {
        var (line, sign, isSimple) = (new StringBuilder(), -1, _open.Count is 0 || _open.Peek() is TokenKind.OpenBrace);
        for (var i = 0; i < tokens.Count; i++)
        {
            var (token, next) = (tokens[i], i + 1 < tokens.Count ? tokens[i + 1].Kind : TokenKind.End);
            var isInList = _open.Count > 0 && _open.Peek() is TokenKind.OpenBracket;
            var text = token.Span.In(_text);
            switch (token.Kind)
            {
                // "env = {" is "env {".
                case TokenKind.Equals or TokenKind.Colon when next is TokenKind.OpenBrace:
                    isSimple = false;
                    continue;
                case TokenKind.Equals or TokenKind.Colon:
                    text = "=";
                    if (i is 1) sign = line.Length + 1;
                    break;
                // Between things of a block stand semicolons, and none at the end of a line.
                case TokenKind.Separator or TokenKind.Comma when !isInList:
                    // A comment between two of them is none of them.
                    var following = tokens.Skip(i + 1).Select(later => later.Kind).FirstOrDefault(kind => kind is not TokenKind.Comment);
                    if (following is TokenKind.End or TokenKind.CloseBrace or TokenKind.Separator || i is 0) continue;
                    text = ";";
                    isSimple = false;
                    break;
                case TokenKind.Comment:
                    text = text.TrimEnd();
                    break;
                case TokenKind.OpenBrace or TokenKind.OpenBracket:
                    _open.Push(token.Kind);
                    isSimple &= token.Kind is TokenKind.OpenBracket;
                    break;
                case TokenKind.CloseBrace or TokenKind.CloseBracket:
                    _open.TryPop(out _);
                    break;
                default:
                    break;
            }
            if (line.Length > 0 && HasBlank(line[^1], text)) line.Append(' ');
            line.Append(text);
        }
        return (line.ToString(), isSimple ? sign : -1);
    }

    private static bool HasBlank(char before, string text) => (before, text[0]) switch
    {
        (_, ',' or ';') or (_, ']') or ('[', _) => false,
        ('{', '}') => false,
        _ => true,
    };

    /// <summary>The = of neighbours below each other.</summary>
    private void Align()
    {
        for (var start = 0; start < _lines.Count;)
        {
            var end = start;
            while (end < _lines.Count && _lines[end].Sign >= 0 && _lines[end].Level == _lines[start].Level && (end == start || (!_lines[end].IsAfterBlank && !_lines[end - 1].IsLast))) end++;
            var column = end > start ? _lines[start..end].Max(line => line.Sign) : 0;
            for (var i = start; i < end; i++) _lines[i] = _lines[i] with { Text = _lines[i].Text.Insert(_lines[i].Sign, new string(' ', column - _lines[i].Sign)) };
            start = Math.Max(end, start + 1);
        }
    }

    private string Write()
    {
        var text = new StringBuilder();
        foreach (var line in _lines)
        {
            if (line.IsAfterBlank) text.Append('\n');
            text.Append(' ', line.Level * 2).Append(line.Text).Append('\n');
        }
        return text.ToString();
    }

    /// <param name="Sign">Where its = is; -1 where it has none that counts.</param>
    /// <param name="IsOpener">What comes next stands one level deeper.</param>
    /// <param name="IsLast">The next line is no neighbour.</param>
    private sealed record FormatLine(int Level, string Text, int Sign, bool IsAfterBlank, bool IsOpener, bool IsLast);
}
