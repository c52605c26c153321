namespace Mill.Core.Language.Syntax;

internal enum TokenKind
{
    End,

    /// <summary>The end of a line, or a semicolon.</summary>
    Separator,
    Comment,
    Word,
    Number,
    Text,
    Heredoc,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Equals,
    Colon,
    Comma,

    /// <summary>A character that means nothing here.</summary>
    Unknown,
}

/// <summary>The smallest thing of a file that means something.</summary>
internal readonly record struct Token(TokenKind Kind, TextSpan Span)
{
    public int Start => Span.Start;
}
