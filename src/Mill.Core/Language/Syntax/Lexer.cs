namespace Mill.Core.Language.Syntax;

/// <summary>Cuts a file into tokens: all of it, blanks aside, so that what is written back has lost nothing.</summary>
internal sealed class Lexer(string text, Problems problems)
{
    private int _place;

    public static List<Token> Read(string text, Problems problems)
    {
        var (lexer, tokens) = (new Lexer(text, problems), new List<Token>());
        do tokens.Add(lexer.Next()); while (tokens[^1].Kind is not TokenKind.End);
        return tokens;
    }

    public static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c is '_';

    public static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.';

    private char Current => At(0);

    private char At(int ahead) => _place + ahead < text.Length ? text[_place + ahead] : '\0';

    private Token Next()
    {
        while (Current is ' ' or '\t' or '\uFEFF') _place++;
        var start = _place;
        if (_place == text.Length) return new(TokenKind.End, new(start, start));
        var kind = Current switch
        {
            '\r' or '\n' or ';' => Separator(),
            '#' => Comment(),
            '/' when At(1) is '/' => Comment(),
            '/' when At(1) is '*' => LongComment(),
            '"' => Text(),
            '<' when At(1) is '<' => Heredoc(),
            '{' => One(TokenKind.OpenBrace),
            '}' => One(TokenKind.CloseBrace),
            '[' => One(TokenKind.OpenBracket),
            ']' => One(TokenKind.CloseBracket),
            '=' => One(TokenKind.Equals),
            ':' => One(TokenKind.Colon),
            ',' => One(TokenKind.Comma),
            var c when char.IsAsciiDigit(c) || (c is '-' && char.IsAsciiDigit(At(1))) => Number(),
            var c when IsWordStart(c) => Word(),
            _ => Unknown(),
        };
        return new(kind, new(start, _place));
    }

    private TokenKind One(TokenKind kind)
    {
        _place++;
        return kind;
    }

    private TokenKind Separator()
    {
        if (Current is '\r' && At(1) is '\n') _place++;
        return One(TokenKind.Separator);
    }

    private TokenKind Comment()
    {
        ToLineEnd();
        return TokenKind.Comment;
    }

    private TokenKind LongComment()
    {
        var end = text.IndexOf("*/", _place + 2, StringComparison.Ordinal);
        if (end < 0) problems.Add(_place, "This comment has no end: a */ is missing.");
        _place = end < 0 ? text.Length : end + 2;
        return TokenKind.Comment;
    }

    private TokenKind Word()
    {
        while (IsWordPart(Current)) _place++;
        return TokenKind.Word;
    }

    /// <summary>With what stands right behind it: "256M" without its quotes is one thing, and the reader can say so.</summary>
    private TokenKind Number()
    {
        _place++;
        while (IsWordPart(Current)) _place++;
        return TokenKind.Number;
    }

    private TokenKind Text()
    {
        var start = _place++;
        while (Current is not '"')
        {
            if (_place >= text.Length || Current is '\r' or '\n')
            {
                problems.Add(start, "This text has no end: a \" is missing.");
                return TokenKind.Text;
            }
            _place += Current is '\\' && At(1) is not ('\r' or '\n' or '\0') ? 2 : 1;
        }
        return One(TokenKind.Text);
    }

    /// <summary><c>&lt;&lt;WORD</c>, lines, and a line with nothing but the word.</summary>
    private TokenKind Heredoc()
    {
        var start = _place;
        _place += 2;
        if (Current is '-') _place++;
        var word = _place;
        while (IsWordPart(Current)) _place++;
        var mark = text[word.._place];
        if (mark.Length is 0)
        {
            problems.Add(start, "A text over several lines begins with << and a word of your choice, such as <<END, and ends with a line that has nothing but that word.");
            return TokenKind.Unknown;
        }
        while (Current is ' ' or '\t') _place++;
        if (_place < text.Length && Current is not ('\r' or '\n')) problems.Add(_place, $"Behind <<{mark} nothing else stands on the line: the text begins with the next.");
        while (_place < text.Length)
        {
            ToLineEnd();
            var line = NextLine();
            ToLineEnd();
            if (line < _place && text.AsSpan(line, _place - line).Trim().SequenceEqual(mark)) return TokenKind.Heredoc;
        }
        problems.Add(start, $"This text has no end: a line with nothing but {mark} is missing.");
        return TokenKind.Heredoc;
    }

    private TokenKind Unknown()
    {
        problems.Add(_place, char.IsControl(Current) ? "Here stands a character that cannot be shown." : $"Nothing begins with {Current} here.");
        return One(TokenKind.Unknown);
    }

    private void ToLineEnd()
    {
        while (_place < text.Length && Current is not ('\r' or '\n')) _place++;
    }

    private int NextLine()
    {
        if (Current is '\r' && At(1) is '\n') _place++;
        if (_place < text.Length) _place++;
        return _place;
    }
}
